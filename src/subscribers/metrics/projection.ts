import type { LoggedEvent } from '../../events/envelope.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { MetricFamily } from '../../signals/metric.ts';
import { defineSubscriber, type SubscriberDefinition } from '../define-subscriber.ts';
import type { StateCodec } from '../json-state.ts';

/** Metrics as they follow from the log: changed in place by each event, saved with the checkpoint. */
export interface MetricProjection {
  /** Must not throw once it has begun to change anything: the event would be counted in part. */
  take(event: LoggedEvent): void;
  families(nowMs: number): readonly MetricFamily[];
  encode(): JsonValue;
  /** Of a fresh one, once. */
  restore(stored: JsonValue): void;
}

const saveEveryMs = 1000;

/** A built-in subscriber that counts the whole log, from its beginning. */
export function projectionSubscriber(name: string, create: () => MetricProjection): SubscriberDefinition {
  const codec: StateCodec = {
    encode: (state: MetricProjection) => state.encode(),
    decode: (stored) => {
      const projection = create();
      projection.restore(stored);
      return projection;
    },
  };
  const input = {
    name,
    startFrom: 'beginning' as const,
    saveEveryMs,
    // What failed once would fail again, and a second try would count twice what the first had counted.
    retries: { limit: 0 },
    state: { initial: create },
    on: {
      '*': (event: LoggedEvent, { state }: { readonly state: unknown }) => (state as MetricProjection).take(event),
    },
    codec,
    view: (state: MetricProjection, nowMs: number) => state.families(nowMs),
  };
  return defineSubscriber(input as unknown as Parameters<typeof defineSubscriber>[0]);
}
