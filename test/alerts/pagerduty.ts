import { type StandIn, type StandInAnswer, type StandInRequest, startStandIn } from './stand-in.ts';
import { pagerDutyFaults } from './pagerduty-rules.ts';

export interface PagerDutyAlert {
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly severity: string;
  readonly summary: string;
  /** Events that it took, the one that opened it first. */
  readonly events: number;
}

export interface PagerDuty extends StandIn {
  /** By `dedup_key`, as they stand; one that was opened again is a new one. */
  readonly alerts: ReadonlyMap<string, PagerDutyAlert>;
  /** Keys of the alerts that were opened, in order: each has paged somebody. */
  readonly paged: readonly string[];
  /** Acknowledgements and resolutions that met no open alert. */
  readonly dropped: readonly string[];
  /** Summaries of change events, which page nobody. */
  readonly changes: readonly string[];
  /** What was refused, and why. */
  readonly refused: readonly string[];
}

export interface PagerDutyOptions {
  /** Any other is refused. */
  readonly routingKey?: string;
  /** By which it counts calls in a minute. */
  readonly now?: () => number;
}

export const routingKey = 'R0UT1NGKEYthatNobodyMayEverSee00';

const callsPerMinute = 120;

/** PagerDuty as its documentation has it: it refuses what passes a limit, and counts calls in a sliding minute. */
export async function startPagerDuty({
  routingKey: own = routingKey,
  now = Date.now,
}: PagerDutyOptions = {}): Promise<PagerDuty> {
  const alerts = new Map<string, PagerDutyAlert>();
  const paged: string[] = [];
  const dropped: string[] = [];
  const changes: string[] = [];
  const refused: string[] = [];
  let calls: number[] = [];

  const work = ({ path, headers, body }: StandInRequest): StandInAnswer => {
    const at = now();
    calls = calls.filter((one) => one > at - 60_000);
    if (calls.length >= callsPerMinute) {
      const seconds = Math.ceil(((calls[0] ?? at) + 60_000 - at) / 1000);
      return { status: 429, headers: { 'retry-after': String(seconds) } };
    }
    calls.push(at);
    if (path !== '/v2/enqueue' && path !== '/v2/change/enqueue') return { status: 404 };
    const faults = [
      ...(headers['content-type'] === 'application/json' ? [] : ['Content type is not JSON']),
      ...pagerDutyFaults(path, body),
    ];
    if (faults.length === 0 && read(body).routing_key !== own) faults.push("'routing_key' is unknown");
    if (faults.length > 0) {
      refused.push(...faults);
      // As theirs does, the answer repeats something of what was sent.
      const errors = [...faults, body.toString()];
      const answer = { status: 'invalid event', message: 'Event object is invalid', errors };
      return { status: 400, body: JSON.stringify(answer) };
    }
    const event = read(body);
    if (path === '/v2/change/enqueue') changes.push(event.payload.summary);
    else take(event);
    return { status: 202, body: '{"status":"success","message":"Event processed"}' };
  };

  const take = ({ event_action: action, dedup_key: key, payload }: Sent): void => {
    const held = alerts.get(key);
    const isOpen = held !== undefined && held.status !== 'resolved';
    if (action === 'trigger') {
      if (!isOpen) paged.push(key);
      const before = isOpen ? held : ({ status: 'triggered', events: 0 } as const);
      const { severity, summary } = payload;
      alerts.set(key, { status: before.status, severity, summary, events: before.events + 1 });
    } else if (isOpen) {
      alerts.set(key, { ...held, status: action === 'resolve' ? 'resolved' : 'acknowledged', events: held.events + 1 });
    } else dropped.push(`${action} ${key}`);
  };

  // Not spread: `trouble` is to stay the property that the server looks at.
  return Object.assign(await startStandIn(work), { alerts, paged, dropped, changes, refused });
}

interface Sent {
  readonly routing_key: string;
  readonly event_action: string;
  readonly dedup_key: string;
  readonly payload: { readonly severity: string; readonly summary: string };
}

const read = (body: Buffer): Sent => JSON.parse(body.toString()) as Sent;
