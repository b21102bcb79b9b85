import { DBOS } from '@dbos-inc/dbos-sdk';

import { context, handler, stepNames } from '../checkout-work.ts';
import type { StartContender } from './contender.ts';
import { installedVersion } from './installed-version.ts';
import { startPostgres } from './postgres.ts';

/** Called directly, without a queue: DBOS's shortest way. The pool is twice its default, for fifty in flight. */
export const startDbos: StartContender = async (folder) => {
  const postgres = await startPostgres(folder);
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: postgres.url,
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
    versions: `DBOS ${installedVersion('@dbos-inc/dbos-sdk')}, PostgreSQL ${postgres.version}`,
    durability: `every step on disk before the next (${postgres.settings})`,
    runOne: () => checkout(context),
    async stop() {
      await DBOS.shutdown();
      await postgres.stop();
    },
  };
};
