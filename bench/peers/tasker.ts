import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createTasker } from '../../src/index.ts';
import { checkout } from '../checkout-load.ts';
import { context } from '../checkout-work.ts';
import type { StartContender } from './contender.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

export const startTasker: StartContender = async (folder) => {
  const tasker = await createTasker(
    { storage: { kind: 'sqlite', file: join(folder, 'tasker.db') }, tasks: [checkout] },
    { env: {} },
  );
  await tasker.start({ advance: 'own' });
  const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;
  return {
    versions: `Tasker ${own.version}, better-sqlite3 ${own.dependencies['better-sqlite3'] ?? '?'}`,
    durability: 'every step on disk before the next (SQLite WAL, synchronous=FULL)',
    async runOne() {
      const handle = await tasker.run({ name: 'checkout', context });
      const task = await handle.wait();
      if (task.status !== 'complete') throw new Error(`a checkout ended ${task.status}`);
    },
    stop: () => tasker.stop(),
  };
};
