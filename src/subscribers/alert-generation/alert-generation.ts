import type { LoggedEvent, EachRecorded } from '../../events/envelope.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { AlertIncident } from '../../signals/alert.ts';
import type { BuiltInContext, Tick } from '../built-in-abilities.ts';
import { defineSubscriber, type SubscriberDefinition } from '../define-subscriber.ts';
import type { MonitoredTask } from '../metrics/monitored-tasks.ts';
import { type AlertSilence, asIncident, asMatch, asTold } from './alert-facts.ts';
import { matches } from './alert-match.ts';
import { inMaintenance, type MaintenanceWindow } from './maintenance.ts';
import type { PolicyInput } from './policies.ts';

export const alertGenerationName = 'tasker.alerts';

export interface AlertGenerationOptions {
  readonly tasks: readonly MonitoredTask[];
  /** Of the configuration; those of templates are with their tasks. */
  readonly policies: readonly PolicyInput[];
  readonly maintenance: readonly MaintenanceWindow[];
  readonly environment: string;
  /** Context fields by which is told whom an incident hits. */
  readonly scopeFields: readonly string[];
  readonly runbookBaseUrl: string | null;
  readonly consoleBaseUrl: string | null;
  readonly defaultCurrency: string;
  readonly errorClasses: Readonly<Record<string, readonly string[]>>;
}

/** An incident as whoever looks sees it. */
export interface AlertView {
  readonly incident: AlertIncident;
  readonly state: 'pending' | 'firing' | 'acknowledged' | 'resolved';
  readonly silenced: boolean;
  readonly acknowledged: { readonly by: string; readonly why: string; readonly atMs: number } | null;
  /** null while it is open. */
  readonly resolvedAtMs: number | null;
}

// A stand-in until the core is there: a lost worker is an incident for a minute.
interface Held {
  incident: AlertIncident;
  silenced: boolean;
  acknowledged: AlertView['acknowledged'];
  resolvedAtMs: number | null;
}

interface State {
  held: Held[];
  silences: AlertSilence[];
}

const lastsMs = 60_000;

export function alertGeneration(options: AlertGenerationOptions): SubscriberDefinition {
  const silenced = (state: State, incident: AlertIncident, nowMs: number): boolean =>
    state.silences.some((one) => one.fromMs <= nowMs && nowMs < one.untilMs && matches(asMatch(one), incident)) ||
    inMaintenance(options.maintenance, incident, nowMs);
  const take = (logged: LoggedEvent, { state: kept, record }: BuiltInContext): void => {
    const state = kept as State;
    const event = logged as EachRecorded;
    if (event.name === 'worker.lost') {
      const incident = lostWorker(event, options.environment);
      const isSilenced = silenced(state, incident, event.occurredAt);
      state.held.push({ incident, silenced: isSilenced, acknowledged: null, resolvedAtMs: null });
      record([
        {
          name: 'alert.triggered',
          occurredAt: event.occurredAt,
          payload: { incident: asTold(incident), silenced: isSilenced },
        },
      ]);
    }
    if (event.name === 'alert.acknowledged') {
      const { incident: key, by, why } = event.payload;
      const held = state.held.find(({ incident }) => incident.key === key);
      if (held !== undefined) held.acknowledged = { by, why, atMs: event.occurredAt };
    }
    if (event.name === 'alert.silenced') {
      const { silence } = event.payload;
      state.silences = [...state.silences.filter(({ id }) => id !== silence.id), silence];
    }
  };
  const tick: Tick = {
    everyMs: 1000,
    act(state: State, nowMs, { record }) {
      let changed = false;
      for (const held of state.held) {
        if (held.resolvedAtMs !== null) continue;
        const is = silenced(state, held.incident, nowMs);
        if (is !== held.silenced) {
          held.silenced = is;
          changed = true;
          record([
            {
              name: 'alert.updated',
              occurredAt: nowMs,
              payload: { incident: asTold(held.incident), silenced: is, changes: ['silence'] },
            },
          ]);
        }
        if (nowMs < held.incident.sinceMs + lastsMs) continue;
        held.resolvedAtMs = nowMs;
        changed = true;
        const durationMs = nowMs - held.incident.sinceMs;
        record([
          {
            name: 'alert.resolved',
            occurredAt: nowMs,
            payload: { incident: asTold(held.incident), silenced: is, durationMs },
          },
        ]);
      }
      return changed ? undefined : false;
    },
  };
  const input = {
    name: alertGenerationName,
    startFrom: 'beginning' as const,
    saveEveryMs: 1000,
    lagLimit: 20_000,
    retries: { limit: 0 },
    state: { initial: (): State => ({ held: [], silences: [] }) },
    on: { '*': take },
    codec: {
      encode: (state: State) => state as unknown as JsonValue,
      decode: (stored: JsonValue) => structuredClone(stored),
    },
    tick,
    noReplay: '`tasker alerts backtest` says what it would have told',
  };
  return defineSubscriber(input as unknown as Parameters<typeof defineSubscriber>[0]);
}

/** What the stored state of `tasker.alerts` tells; open ones first, then those that ended last, newest first. */
export function alertsIn(stored: JsonValue): readonly AlertView[] {
  const { held } = stored as unknown as State;
  return held
    .map(({ incident, silenced, acknowledged, resolvedAtMs }): AlertView => ({
      incident: asIncident(asTold(incident)),
      state: resolvedAtMs !== null ? 'resolved' : acknowledged !== null ? 'acknowledged' : 'firing',
      silenced,
      acknowledged,
      resolvedAtMs,
    }))
    .toSorted((a, b) => (b.resolvedAtMs ?? Infinity) - (a.resolvedAtMs ?? Infinity) || 0);
}

/** Those that an operator may lift: they hold, or will. */
export function silencesIn(stored: JsonValue, nowMs: number): readonly AlertSilence[] {
  return (stored as unknown as State).silences.filter(({ fromMs, untilMs }) => untilMs > nowMs && untilMs > fromMs);
}

function lostWorker(event: EachRecorded<'worker.lost'>, environment: string): AlertIncident {
  return {
    key: `worker-${event.id}`,
    severity: 'error',
    environment,
    policy: 'worker_lost',
    joined: [],
    summary: `A process on ${event.payload.host} ended without saying so.`,
    namespace: null,
    task: null,
    step: null,
    system: null,
    cause: 'worker_lost',
    firstError: null,
    sinceMs: event.occurredAt,
    tasksHit: event.payload.tasksHeld,
    scope: [],
    lost: {},
    atRisk: {},
    trend: 'steady',
    action: 'See why it ended.',
    runbookUrl: null,
    consoleUrl: null,
    labels: {},
    exampleTask: null,
    exampleTrace: null,
  };
}
