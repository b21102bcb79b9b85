import { DBOS } from '@dbos-inc/dbos-sdk';

import { context, handler, stepNames } from '../checkout-work.ts';
import { installedVersion } from './installed-version.ts';
import type { StartOnPostgres } from './on-postgres.ts';

/** Called directly, without a queue: DBOS's shortest way. The pool is twice its default, for fifty in flight. */
export const startDbos: StartOnPostgres = async ({ url, version, settings }) => {
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: url,
    systemDatabasePoolSize: 20,
    logLevel: 'error',
  });
  const checkout = DBOS.registerWorkflow(
    async (_context: typeof context) => {
      for (const name of stepNames) await DBOS.runStep(() => Promise.resolve(handler()), { name });
    },
    { name: 'checkout' },
  );
  await DBOS.launch();
  return {
    versions: `DBOS ${installedVersion('@dbos-inc/dbos-sdk')}, PostgreSQL ${version}`,
    durability: `every step on disk before the next (${settings})`,
    runOne: () => checkout(context),
    stop: () => DBOS.shutdown(),
  };
};
