import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { migrateStorage } from '../../src/migrate-storage.ts';
import { createTasker, defineTask } from '../../src/index.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { toStorageError } from '../../src/storage/postgres/storage-errors.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { emptyProject } from '../cli/support/project.ts';
import { needsPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { standBefore } from '../support/pooler.ts';
import { freshDatabase, needsPostgres, withDatabase } from '../support/postgres.ts';

const saysWhatToSet = {
  code: 'TASKER_CONFIG_INVALID',
  message: /behind a pooler.*'pooler: true'.*'listenUrl'/,
};

describe('A storage behind a pooler that takes no settings of a connection', needsPostgres, () => {
  for (const does of ['refuses', 'ignores'] as const) {
    it(`which it ${does}, is not opened as if each connection were a session, but with 'pooler' it is`, async (t) =>
      withDatabase(async ({ url }) => {
        const through = await standBefore(t, url, does);
        await assert.rejects(openPostgres({ url: through, listenUrl: null }), saysWhatToSet);
        await (await openPostgres({ url: through, listenUrl: null, pooler: true })).close();
        await assert.rejects(openPostgres({ url: through, listenUrl: null, readOnly: true }), saysWhatToSet);
      }));
  }

  it('is no place to copy a storage to: the address of the database itself is asked for', async (t) =>
    withDatabase(async ({ url }) => {
      const { dir } = await emptyProject(t);
      const from = `${dir}/tasker.db`;
      await (await openSqlite({ file: from, maxBytes: null })).close();
      await assert.rejects(migrateStorage({ from, to: await standBefore(t, url, 'ignores') }), saysWhatToSet);
    }));

  it('whose prepared statements meet on one connection later on, is told so too', () => {
    const place = { location: 'x', schema: 'tasker', user: 'u', host: 'h', port: 1, database: 'd' };
    for (const code of ['42P05', '26000']) {
      const told = toStorageError(Object.assign(new Error('prepared statement "tasker_1"'), { code }), place);
      assert.equal(told?.code, 'TASKER_STORAGE_UNAVAILABLE');
      assert.match(told?.message ?? '', /pooler.*'pooler: true'/);
    }
  });
});

describe('PgBouncer before the storage', needsPgBouncer, () => {
  const checkout = defineTask({ name: 'errand', step_templates: [{ name: 'go', handler: () => ({ ok: true }) }] });

  async function runsTasks(storage: { url: string; pooler?: boolean; listenUrl?: string }) {
    const given = { storage: { kind: 'postgres', ...storage }, alerts: { enabled: false } } as const;
    const worker = await createTasker({ ...given, tasks: [checkout] }, { env: {}, onWarning: () => undefined });
    const asking = await createTasker({ ...given, observers: false }, { env: {}, onWarning: () => undefined });
    try {
      await worker.start();
      const handles = await Promise.all(Array.from({ length: 20 }, () => asking.run({ name: 'errand', context: {} })));
      for (const handle of handles) assert.equal((await handle.wait()).status, 'complete');
    } finally {
      await asking.stop();
      await worker.stop();
    }
  }

  for (const mode of ['session', 'transaction'] as const) {
    it(`by ${mode} carries tasks with 'pooler' and a direct connection to listen on, and without 'pooler' says what to set`, async (t) => {
      const database = await freshDatabase();
      t.after(() => database.drop());
      const url = await startPgBouncer(t, database.url, mode);
      await assert.rejects(openPostgres({ url, listenUrl: null }), saysWhatToSet);
      await runsTasks({ url, pooler: true, listenUrl: database.url });
    });
  }

  it('that keeps the settings to itself, and gives out connections by transaction, is found out', async (t) =>
    withDatabase(async (database) => {
      const settings = 'ignore_startup_parameters = extra_float_digits,statement_timeout,options';
      const url = await startPgBouncer(t, database.url, 'transaction', settings);
      await assert.rejects(openPostgres({ url, listenUrl: null }), saysWhatToSet);
    }));
});
