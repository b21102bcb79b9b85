import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import type { StoredCommand } from '../../execution/command-inbox.ts';
import { SqliteCommandInbox } from './command-inbox.ts';
import { openConnection } from './connection.ts';
import { openCopySource } from './copy-source.ts';
import { openSqlite } from './open-sqlite.ts';

const command: StoredCommand = { id: 'c', kind: 'run', taskId: null, body: {}, requestedAt: 1 };

test('a request that waited while its storage was copied away is refused, and not left where nobody looks', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'tasker-moved-'));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, 'tasker.db');
  await (await openSqlite({ file, maxBytes: null })).close();
  const place = { location: file, maxBytes: null };
  const db = openConnection(place, 'write');
  const prepare = db.prepare.bind(db);
  // As if the copy had ended just while this statement waited for it to let go of the file.
  t.mock.method(db, 'prepare', (sql: string) => {
    const statement = prepare(sql);
    if (!sql.includes('insert into commands')) return statement;
    const run = statement.run.bind(statement);
    return Object.assign(statement, {
      run: (...values: unknown[]) => {
        const source = openCopySource(file);
        source.markMoved('elsewhere');
        source.close();
        return run(...values);
      },
    });
  });
  const inbox = new SqliteCommandInbox(db, place);
  await assert.rejects(inbox.submit(command), { code: 'TASKER_STORAGE_MOVED' });
  assert.deepEqual(await inbox.pending(9), []);
  db.close();
});
