import { createTasker, type TaskerSurroundings } from '../create-tasker.ts';
import type { LoggedEvent, Tasker, TaskerConfigInput } from '../tasker.ts';
import { FakeClock } from './fake-clock.ts';
import { seededRandom } from './seeded-random.ts';

export interface TestTasker {
  /** Started, in memory. */
  readonly tasker: Tasker;
  /** Its time: nothing waits, is due or runs out unless this is advanced. */
  readonly clock: FakeClock;
  /** What the tasker warned of. */
  readonly warnings: readonly string[];
  /** Everything recorded, or of one task, in order. */
  readonly events: (taskId?: string) => Promise<readonly LoggedEvent[]>;
  /** Stops it, advancing its clock as far as that takes. Safe to call twice. */
  readonly stop: () => Promise<void>;
}

export interface TestTaskerOptions {
  /** Ids and jitter are the same for the same seed. Default 1. */
  readonly seed?: number;
  readonly clock?: FakeClock;
  readonly surroundings?: Omit<TaskerSurroundings, 'clock' | 'random'>;
}

const stopStepMs = 1000;
const mostStopSteps = 60;

/** A tasker in memory, started, on a clock and a chance of its own: its runs can be repeated to the byte. */
export async function createTestTasker(
  config: Omit<TaskerConfigInput, 'storage'> = {},
  { seed = 1, clock = new FakeClock(), surroundings = {} }: TestTaskerOptions = {},
): Promise<TestTasker> {
  const warnings: string[] = [];
  const tasker = await createTasker(
    { ...config, storage: { kind: 'memory' } },
    {
      env: {},
      onWarning: (message) => void warnings.push(message),
      ...surroundings,
      clock,
      random: seededRandom(seed),
    },
  );
  await tasker.start();
  return {
    tasker,
    clock,
    warnings,
    async events(taskId) {
      const all: LoggedEvent[] = [];
      for (let after = 0; ;) {
        const page = await tasker.events({ after, limit: 10_000, ...(taskId !== undefined && { taskId }) });
        all.push(...page.events);
        if (page.events.length < 10_000) return all;
        after = page.lastPosition;
      }
    },
    async stop() {
      const stopping = tasker.stop({ graceMs: 0 });
      const stopped = stopping.then(
        () => true,
        () => true,
      );
      for (let step = 0; step < mostStopSteps; step += 1) {
        if (await Promise.race([stopped, Promise.resolve(false)])) break;
        await clock.advance(stopStepMs);
      }
      await stopping;
    },
  };
}
