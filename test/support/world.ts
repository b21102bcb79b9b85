import type { TestContext } from 'node:test';

import type { LimitsInput } from '../../src/config/define-config.ts';
import { createTasker, type TaskerSurroundings } from '../../src/create-tasker.ts';
import type { RecordedEvent } from '../../src/events/envelope.ts';
import type { Tasker } from '../../src/tasker.ts';
import type { SubscriberDefinition } from '../../src/subscribers/define-subscriber.ts';
import type { TaskDefinition } from '../../src/tasks/define-task.ts';
import { FakeClock, rest } from './fake-clock.ts';
import { seededRandom } from './seeded-random.ts';

export interface World {
  readonly tasker: Tasker;
  readonly clock: FakeClock;
  readonly warnings: string[];
  /** A task's recorded events, one line each. */
  readonly story: (taskId: string) => Promise<string[]>;
  readonly events: (taskId: string) => Promise<readonly RecordedEvent[]>;
}

/** A started engine in memory with a clock and chance of its own; stopped when the test ends. */
export async function world(
  context: TestContext,
  tasks: readonly TaskDefinition[],
  options: {
    readonly limits?: LimitsInput;
    readonly subscribers?: readonly SubscriberDefinition[];
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
  const events = async (taskId: string): Promise<readonly RecordedEvent[]> => (await tasker.events({ taskId })).events;
  return { tasker, clock, warnings, events, story: async (taskId) => (await events(taskId)).map(line) };
}

export { rest };

/** `step.failed pay#1 error/no`: what happened, to which attempt, and how, in the words that tell cases apart. */
export function line(event: RecordedEvent): string {
  const payload = event.payload as Readonly<Record<string, unknown>>;
  const subject = event.step === null ? '' : ` ${event.step}${event.attempt === null ? '' : `#${event.attempt}`}`;
  const how = (['cause', 'final', 'reason', 'action'] as const)
    .map((key) => payload[key])
    .filter((value) => typeof value === 'string' && event.name !== 'task.initialize_requested');
  return `${event.name}${subject}${how.length === 0 ? '' : ` ${how.join('/')}`}`;
}

/** A promise that a test settles when it likes. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { promise, open: resolve, fail: reject };
}
