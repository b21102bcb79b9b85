import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createTasker, type TaskerConfigInput } from '../../src/index.ts';
import { otlpSink } from '../../src/otlp.ts';
import { checkout } from '../checkout-load.ts';
import { context } from '../checkout-work.ts';
import type { Contender } from './contender.ts';
import type { StartOnPostgres, Surroundings } from './on-postgres.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** A worker like any other: it would take up due tasks of the whole store, not only its own. */
export const startTasker: StartOnPostgres = (surroundings) => start(surroundings, {});

/** Metrics to be scraped, alerts watched for, traces sent, log records written. */
export const startTaskerObserved: StartOnPostgres = (surroundings) =>
  start(surroundings, {
    operations: { port: 0 },
    alerts: { enabled: true },
    sinks: [otlpSink({ url: surroundings.tracesUrl, env: {} })],
    telemetry: {
      logging: { enabled: true, level: 'debug', destination: { file: join(surroundings.folder, 'observed.log') } },
    },
  });

async function start(
  { url, version, settings }: Surroundings,
  observing: Omit<TaskerConfigInput, 'storage' | 'tasks'>,
): Promise<Contender> {
  const tasker = await createTasker(
    { storage: url, tasks: [checkout], ...observing },
    { env: {}, onWarning: () => undefined },
  );
  await tasker.start();
  const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;
  return {
    versions: `Tasker ${own.version}, pg ${own.dependencies['pg'] ?? '?'}, PostgreSQL ${version}`,
    durability: `every step on disk before the next (${settings})`,
    async runOne() {
      const handle = await tasker.run({ name: 'checkout', context });
      const task = await handle.wait();
      if (task.status !== 'complete') throw new Error(`a checkout ended ${task.status}`);
    },
    stop: () => tasker.stop(),
  };
}
