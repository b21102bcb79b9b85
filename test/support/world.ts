import type { TestContext } from 'node:test';

import type { LimitsInput } from '../../src/config/define-config.ts';
import { createTasker, type TaskerSurroundings } from '../../src/create-tasker.ts';
import type { LoggedEvent } from '../../src/events/envelope.ts';
import type { Sink } from '../../src/sinks/define-sink.ts';
import type { Tasker } from '../../src/tasker.ts';
import type { SubscriberClass, SubscriberDefinition } from '../../src/subscribers/define-subscriber.ts';
import type { TaskDefinition } from '../../src/tasks/define-task.ts';
import { storyLine } from '../../src/testing/run-task.ts';
import { FakeClock, rest } from '../../src/testing/fake-clock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

export interface World {
  readonly tasker: Tasker;
  readonly clock: FakeClock;
  readonly warnings: string[];
  /** A task's recorded events, one line each. */
  readonly story: (taskId: string) => Promise<string[]>;
  readonly events: (taskId: string) => Promise<readonly LoggedEvent[]>;
}

/** A started engine in memory with a clock and chance of its own; stopped when the test ends. */
export async function world(
  context: TestContext,
  tasks: readonly TaskDefinition[],
  options: {
    readonly limits?: LimitsInput;
    readonly subscribers?: readonly (SubscriberDefinition | SubscriberClass)[];
    readonly sinks?: readonly Sink[];
    readonly surroundings?: TaskerSurroundings;
  } = {},
): Promise<World> {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const tasker = await createTasker(
    {
      storage: { kind: 'memory' },
      tasks,
      ...(options.limits !== undefined && { limits: options.limits }),
      ...(options.subscribers !== undefined && { subscribers: options.subscribers }),
      ...(options.sinks !== undefined && { sinks: options.sinks }),
    },
    {
      clock,
      random: seededRandom(7),
      env: {},
      onWarning: (message) => void warnings.push(message),
      ...options.surroundings,
    },
  );
  await tasker.start();
  context.after(async () => {
    const stopped = tasker.stop({ graceMs: 0 });
    await clock.advance(10_000);
    await stopped;
  });
  const events = async (taskId: string): Promise<readonly LoggedEvent[]> => (await tasker.events({ taskId })).events;
  return { tasker, clock, warnings, events, story: async (taskId) => (await events(taskId)).map(storyLine) };
}

export { rest };

export { storyLine as line };

/** A promise that a test settles when it likes. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { promise, open: resolve, fail: reject };
}
