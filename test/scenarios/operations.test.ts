import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { createTasker } from '../../src/index.ts';
import { freePort } from '../prometheus/start-prometheus.ts';

test('the operations listener is where the configuration says, and asks for the token that a file holds', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-operations-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'token');
  await writeFile(file, 's3cret\n');
  const port = await freePort();
  const start = async (operations: object) => {
    const tasker = await createTasker({ storage: { kind: 'memory' }, operations }, { env: { TOKEN: 'other' } });
    t.after(() => tasker.stop());
    await tasker.start();
    const url = tasker.status().operationsUrl ?? '';
    const asked = async (token: string) =>
      (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
    return { url, asked };
  };
  const byFile = await start({ host: '127.0.0.2', port, bearerToken: { file } });
  assert.equal(byFile.url, `http://127.0.0.2:${port}`);
  assert.deepEqual([await byFile.asked('s3cret'), await byFile.asked('other')], [200, 401]);
  const byVariable = await start({ port: 0, bearerToken: { env: 'TOKEN' } });
  assert.match(byVariable.url, /^http:\/\/127\.0\.0\.1:/);
  assert.deepEqual([await byVariable.asked('s3cret'), await byVariable.asked('other')], [401, 200]);
  const open = await start({ port: 0 });
  assert.equal(await open.asked(''), 200);
});
