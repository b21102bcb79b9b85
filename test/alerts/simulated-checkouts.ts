import type { LoggedEvent } from '../../src/events/envelope.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

/** What becomes of one attempt. */
export type Fate =
  | { readonly kind: 'ok'; readonly durationMs: number }
  | { readonly kind: 'fail'; readonly durationMs: number; readonly type: string; readonly status?: number }
  /** Never settles: it stalls, then its time is up. */
  | { readonly kind: 'hang' };

export interface Customer {
  readonly customer_tier: string;
  readonly region: string;
  readonly payment_method: string;
}

export interface Traffic {
  readonly seed: number;
  readonly durationMs: number;
  /** Checkouts per second at this moment after the beginning; 0 for silence. */
  readonly rate: (atMs: number) => number;
  /** null: as usual. */
  readonly fate?: (step: string, atMs: number, customer: Customer, random: () => number) => Fate | null;
  /** Share of attempts that fail and succeed when tried again. */
  readonly retried?: number;
}

export const startMs = 1_790_000_000_000;
export const steps = ['validate_cart', 'process_payment', 'update_inventory', 'create_order', 'send_confirmation'];
export const stallMs = 10_000;
export const timeoutMs = 20_000;
export const retryLimit = 5;

const tiers = [
  'standard',
  'standard',
  'standard',
  'standard',
  'standard',
  'standard',
  'standard',
  'gold',
  'gold',
  'premium',
];
const regions = ['us', 'us', 'us', 'eu', 'eu', 'uk', 'ap'];
const methods = ['card', 'card', 'card', 'paypal', 'paypal', 'transfer'];

/**
 * Checkouts of five steps as the log would tell of them, without an engine: what is judged is what follows from such
 * events. What the engine itself makes of such traffic is for the lab.
 */
export function simulatedCheckouts(traffic: Traffic): LoggedEvent[] {
  const chance = seededRandom(traffic.seed);
  const next = (): number => chance.fraction();
  const events: LoggedEvent[] = [];
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)] as T;
  let atMs = 0;
  for (let number = 0; ; number += 1) {
    const rate = traffic.rate(atMs);
    if (rate <= 0) {
      atMs += 1000;
      if (atMs >= traffic.durationMs) break;
      continue;
    }
    atMs += (-Math.log(1 - next()) / rate) * 1000;
    if (atMs >= traffic.durationMs) break;
    if (traffic.rate(atMs) <= 0) continue;
    const customer = { customer_tier: pick(tiers), region: pick(regions), payment_method: pick(methods) };
    checkout(`task-${traffic.seed}-${number}`, atMs, customer);
  }
  return events
    .filter(({ occurredAt }) => occurredAt <= startMs + traffic.durationMs)
    .toSorted((a, b) => a.occurredAt - b.occurredAt);

  function checkout(taskId: string, createdMs: number, customer: Customer): void {
    const business = { ...customer, order_value: 1000 + Math.floor(next() * 9000), currency: 'USD' };
    const tell = (name: string, occurredMs: number, payload: object, step?: string, attempt?: number): void => {
      events.push({
        id: `${taskId}-${events.length}`,
        position: events.length + 1,
        name,
        schemaVersion: 1,
        occurredAt: Math.round(startMs + occurredMs),
        namespace: 'shop',
        taskName: 'checkout',
        version: '1.0.0',
        correlationId: taskId,
        traceId: '0af7651916cd43dd8448eb211c80319c',
        business,
        taskId,
        step: step ?? null,
        attempt: attempt ?? null,
        causationId: null,
        spanId: null,
        parentSpanId: null,
        payload,
      } as unknown as LoggedEvent);
    };
    tell('task.initialize_requested', createdMs, {});
    let now = createdMs;
    for (const step of steps) {
      let failures = 0;
      for (let attempt = 1; ; attempt += 1) {
        const beganMs = now;
        const fate = traffic.fate?.(step, now, customer, next) ?? usual();
        if (fate.kind === 'ok') {
          now += fate.durationMs;
          tell(
            'step.completed',
            now,
            { durationMs: fate.durationMs, startedAt: Math.round(startMs + beganMs), results: {} },
            step,
            attempt,
          );
          break;
        }
        const tookMs = fate.kind === 'hang' ? timeoutMs : fate.durationMs;
        if (tookMs > stallMs)
          tell(
            'step.stalled',
            beganMs + stallMs,
            { stallMs, runningMs: stallMs, silentMs: stallMs, heartbeats: 0 },
            step,
            attempt,
          );
        now += tookMs;
        failures += 1;
        const isLast = failures >= retryLimit;
        const error =
          fate.kind === 'hang'
            ? { type: 'TimeoutError' }
            : { type: fate.type, ...(fate.status !== undefined && { status: fate.status }) };
        const failure = {
          cause: fate.kind === 'hang' ? 'timeout' : 'error',
          final: isLast ? 'exhausted' : 'no',
          error,
        };
        tell(
          'step.failed',
          now,
          { ...failure, durationMs: tookMs, startedAt: Math.round(startMs + beganMs), failures, losses: 0, retryLimit },
          step,
          attempt,
        );
        if (isLast) {
          tell('task.failed', now, {
            durationMs: now - createdMs,
            failedSteps: [{ step, attempt, ...failure }],
            steps: 5,
            completedSteps: 0,
            attempts: 1,
            blockedSteps: [],
          });
          return;
        }
        now += 2000 * 2 ** (failures - 1);
      }
    }
    tell('task.completed', now, { durationMs: now - createdMs, steps: 5, attempts: 5, resolvedSteps: [] });
  }

  function usual(): Fate {
    // Log-normal, with a slow tail.
    const durationMs = Math.exp(Math.log(60) + 0.5 * gaussian()) * (next() < 0.02 ? 8 : 1);
    if (next() < (traffic.retried ?? 0.02)) return { kind: 'fail', durationMs, type: 'ServiceError', status: 503 };
    return { kind: 'ok', durationMs };
  }

  function gaussian(): number {
    return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  }
}
