import type { TestContext } from 'node:test';

import type { TaskerConfigInput } from '../../src/config/define-config.ts';
import { createTasker } from '../../src/create-tasker.ts';
import type { LoggedEvent } from '../../src/events/envelope.ts';
import type { Storage } from '../../src/execution/storage.ts';
import type { StartOptions, Tasker } from '../../src/tasker.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';

export interface MemberOptions {
  /** On top of what the whole fleet has. */
  readonly config?: Partial<TaskerConfigInput>;
  readonly advance?: StartOptions['advance'];
  readonly listen?: boolean;
  readonly wrapStorage?: (storage: Storage) => Storage;
}

/** One process of the fleet, so to say: all of them are in this one. */
export interface Member {
  readonly tasker: Tasker;
  readonly warnings: readonly string[];
  /** Of the worker, as the store has it. */
  readonly workerId: () => Promise<string>;
  /** Cut off from its store, as a kill would: it says no goodbye, and nothing it does counts. */
  readonly crash: () => Promise<void>;
}

export interface Fleet {
  readonly database: TestDatabase;
  /** Runs and takes part. */
  readonly worker: (options?: MemberOptions) => Promise<Member>;
  /** Only asks. */
  readonly client: (options?: MemberOptions) => Promise<Tasker>;
  readonly events: (filter?: { readonly name?: string; readonly taskId?: string }) => Promise<readonly LoggedEvent[]>;
}

export const leaseMs = 2000;

/** Taskers on one database of their own, stopped after the test. */
export async function fleet(t: TestContext, common: Partial<TaskerConfigInput>): Promise<Fleet> {
  const database = await freshDatabase();
  const ends: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    await Promise.allSettled(ends.map((end) => end()));
    await database.drop();
  });
  const create = async ({ config, listen = true, wrapStorage }: MemberOptions) => {
    let storage: Storage | undefined;
    const warnings: string[] = [];
    const tasker = await createTasker(
      {
        alerts: { enabled: false },
        telemetry: { metrics: { enabled: false } },
        storage: { kind: 'postgres', url: database.url, leaseMs, ...(!listen && { listenUrl: false }) },
        ...common,
        ...config,
      },
      {
        env: {},
        onWarning: (message) => void warnings.push(message),
        wrapStorage: (opened) => (storage = wrapStorage?.(opened) ?? opened),
      },
    );
    ends.push(() => tasker.stop({ graceMs: 0 }));
    return { tasker, warnings, crash: async () => storage?.close() };
  };
  let looking: ReturnType<typeof create> | undefined;
  return {
    database,
    async worker(options = {}) {
      const before = new Set(await workerIds(database));
      const { tasker, warnings, crash } = await create(options);
      await tasker.start(options.advance === undefined ? {} : { advance: options.advance });
      const ids = (await workerIds(database)).filter((id) => !before.has(id));
      return {
        tasker,
        warnings,
        crash,
        workerId: async () => ids[0] ?? '',
      };
    },
    async client(options = {}) {
      return (await create({ ...options, config: { ...options.config, observers: false } })).tasker;
    },
    async events({ name, taskId } = {}) {
      looking ??= create({ config: { observers: false } });
      const { tasker } = await looking;
      return (
        await tasker.events({ ...(name !== undefined && { names: [name] }), ...(taskId !== undefined && { taskId }) })
      ).events;
    },
  };
}

async function workerIds(database: TestDatabase): Promise<readonly string[]> {
  const [known] = await database.query(`select to_regclass('tasker.workers') as name`);
  if (known?.['name'] === null) return [];
  return (await database.query('select tasker.worker_id_v1(id) as id from tasker.workers')).map((row) =>
    String(row['id']),
  );
}
