import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';

import { openConnection, prepareForWriting } from './connection.ts';

// No test that kills a process can see a missing flush: the system's cache survives it. So the setting is asserted.
it('flushes every commit to disk, so that a confirmed step survives a power failure', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tasker-connection-'));
  const place = { location: join(directory, 'tasker.db'), maxBytes: 1024 * 1024 };
  const db = openConnection(place, 'write');
  prepareForWriting(db, place);
  const FULL = 2;
  assert.equal(db.pragma('synchronous', { simple: true }), FULL);
  assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
  assert.equal(db.pragma('max_page_count', { simple: true }), 256);
  db.close();
  await rm(directory, { recursive: true });
});
