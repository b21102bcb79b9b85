import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import Database from 'better-sqlite3';

import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { withDirectory } from './other-process.ts';

const sql = join(import.meta.dirname, '../../src/storage/sqlite/migrations');

test('a database of the first schema is brought to this one, with the tasks that it has', () =>
  withDirectory(async (directory) => {
    const file = join(directory, 'tasker.db');
    const old = new Database(file);
    old.exec(readFileSync(join(sql, '0001-base.sql'), 'utf8'));
    old.pragma('application_id = 0x5461736b');
    old.pragma('user_version = 1');
    old.exec(`
      insert into tasks (id, template_id, namespace, name, version, created_at, context_json, request_json,
        correlation_id, trace_id, root_span_id, status, due_at, lease_token)
      values ('t1', 'x', 'shop', 'order', '1.0.0', 5, '{}', '{}', 'c', 't', 's', 'pending', 5, 0);
      insert into steps (task_id, name, ordinal, status, attempts, failures, losses, stalled_attempt)
      values ('t1', 'a', 0, 'pending', 0, 0, 0, 0);`);
    old.close();
    const storage = await openSqlite({ file, maxBytes: null });
    await storage.workers.join({ id: 'w', pid: 1, host: 'h', startedAt: 1 }, () => []);
    const stored = await storage.tasks.load('t1');
    assert.deepEqual([stored?.task.priority, stored?.task.startAt, stored?.state.startAt], [0, null, null]);
    assert.equal(stored?.state.steps[0]?.keyGeneration, 1);
    assert.deepEqual(stored?.annotations, []);
    assert.deepEqual(
      (await storage.queue.takeDue(5, 1)).map(({ taskId }) => taskId),
      ['t1'],
    );
    await storage.close();
  }));
