import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import type { LimitsInput } from '../../src/config/define-config.ts';
import { createTasker } from '../../src/create-tasker.ts';
import type { LoggedEvent } from '../../src/events/envelope.ts';
import type { Storage } from '../../src/execution/storage.ts';
import type { Listeners, Tasker } from '../../src/tasker.ts';
import type { TaskDefinition } from '../../src/tasks/define-task.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { line } from './world.ts';

/** What is different about the next engine. */
export interface Changed {
  readonly tasks?: readonly TaskDefinition[];
  readonly advance?: 'all' | 'own';
  readonly wrapStorage?: (storage: Storage) => Storage;
}

export interface Restartable {
  readonly file: string;
  readonly clock: FakeClock;
  /** Another engine on the same file; the one before must have crashed or stopped. */
  start(changed?: Changed): Promise<Tasker>;
  /** Cuts the living engine off from its store, as a kill would: it leaves nothing, and nothing it does counts. */
  crash(): Promise<void>;
  /** Of all engines so far. */
  readonly warnings: readonly string[];
  /** Of the living engine. */
  storage(): Storage;
  /** Everything recorded, or of one task. */
  story(tasker: Tasker, taskId?: string): Promise<string[]>;
}

/** Engines that come and go over one database file, in one process and on one clock. */
export async function restartable(
  context: TestContext,
  tasks: readonly TaskDefinition[],
  listeners: Listeners = {},
  limits: LimitsInput = {},
): Promise<Restartable> {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-restart-'));
  const file = join(folder, 'tasker.db');
  const clock = new FakeClock();
  let seed = 0;
  let living: { tasker: Tasker; storage: Storage } | null = null;
  const crashed: Tasker[] = [];
  const warnings: string[] = [];
  context.after(async () => {
    // What crashed is still in this process: it must let go of it, though it can no longer say goodbye to its store.
    const stopped = [...crashed, ...(living === null ? [] : [living.tasker])].map((tasker) =>
      tasker.stop({ graceMs: 0 }),
    );
    await clock.advance(10_000);
    await Promise.allSettled(stopped);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    file,
    clock,
    warnings,
    async start(changed = {}) {
      let opened: Storage | undefined;
      const tasker = await createTasker(
        { storage: { kind: 'sqlite', file }, tasks: changed.tasks ?? tasks, limits },
        {
          clock,
          random: seededRandom((seed += 1)),
          env: {},
          onWarning: (message) => void warnings.push(message),
          listeners,
          wrapStorage(storage) {
            opened = storage;
            return changed.wrapStorage?.(storage) ?? storage;
          },
        },
      );
      await tasker.start(changed.advance === undefined ? {} : { advance: changed.advance });
      if (opened === undefined) throw new Error('the storage was not opened');
      living = { tasker, storage: opened };
      return tasker;
    },
    storage() {
      if (living === null) throw new Error('no engine is living');
      return living.storage;
    },
    async crash() {
      await living?.storage.close();
      if (living !== null) crashed.push(living.tasker);
      living = null;
    },
    async story(tasker, taskId) {
      const { events } = await tasker.events(taskId === undefined ? {} : { taskId });
      return events.map((event: LoggedEvent) => line(event));
    },
  };
}
