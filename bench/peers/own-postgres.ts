import type { StartContender } from './contender.ts';
import type { StartOnPostgres } from './on-postgres.ts';
import { startPostgres } from './postgres.ts';

/** The contender with a server of its own, which ends with it. */
export function withOwnPostgres(start: StartOnPostgres): StartContender {
  return async (folder) => {
    const postgres = await startPostgres(folder);
    const contender = await start({ ...postgres, folder, tracesUrl: '' });
    return {
      ...contender,
      async stop() {
        await contender.stop();
        await postgres.stop();
      },
    };
  };
}
