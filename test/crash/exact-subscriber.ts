import { existsSync } from 'node:fs';

import {
  type CustomEvent,
  defineSubscriber,
  type RecordedEvent,
  type SubscriberContext,
  type SubscriberDefinition,
} from '../../src/index.ts';

export interface ExactState {
  readonly byName: Readonly<Record<string, number>>;
  /** Of what completed tasks were worth. */
  readonly value: number;
  readonly retriedAttempts: number;
}

/** Every so many events one that it cannot take until the file `mended` is there: those are parked. */
export const poisonEvery = 97;

/** Counts and sums the log in its state. Named by its module it runs in a thread, called it does not. */
export default function exactSubscriber({ name, mended }: { name: string; mended: string }): SubscriberDefinition {
  const count = (event: RecordedEvent | CustomEvent, context: SubscriberContext<ExactState>): void => {
    if ((event.position ?? 0) % poisonEvery === 0 && !existsSync(mended)) throw new Error('not yet');
    const { byName, value, retriedAttempts } = context.state;
    context.state = {
      byName: { ...byName, [event.name]: (byName[event.name] ?? 0) + 1 },
      value: value + (event.name === 'task.completed' ? Number(event.business?.['order_value']) : 0),
      retriedAttempts: retriedAttempts + (event.name === 'step.retry_requested' ? (event.attempt ?? 0) : 0),
    };
  };
  return defineSubscriber<ExactState>({
    name,
    startFrom: 'beginning',
    batchSize: 50,
    retries: { limit: 1, baseMs: 1 },
    state: { initial: () => ({ byName: {}, value: 0, retriedAttempts: 0 }) },
    on: { 'task.*': count, 'step.*': count, 'worker.*': count },
  });
}
