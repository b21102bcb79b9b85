import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test, type TestContext } from 'node:test';

import { TaskerError } from '../shared/errors.ts';
import { OperationsListener, type OperationsOptions } from './operations-listener.ts';

async function listening(t: TestContext, options: Partial<OperationsOptions> = {}) {
  const listener = new OperationsListener({
    host: '127.0.0.1',
    port: 0,
    bearerToken: null,
    health: async () => ({ ready: true, degraded: [] }),
    metrics: async (accept) => ({ contentType: 'text/plain', body: `asked with ${accept}\n` }),
    ...options,
  });
  await listener.listen();
  t.after(() => listener.close());
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${listener.url}${path}`, { headers });
    return { status: response.status, body: await response.text(), type: response.headers.get('content-type') };
  };
  return { listener, get };
}

test('it answers metrics with what they are asked in, and health', async (t) => {
  const { get } = await listening(t);
  assert.deepEqual(await get('/metrics', { accept: 'text/plain' }), {
    status: 200,
    body: 'asked with text/plain\n',
    type: 'text/plain',
  });
  assert.deepEqual(JSON.parse((await get('/health/live')).body), { status: 'live' });
  assert.deepEqual(JSON.parse((await get('/health/ready?verbose=1')).body), { status: 'ready', degraded: [] });
  assert.match((await get('/elsewhere')).body, /there is \/metrics/);
  assert.equal((await get('/elsewhere')).status, 404);
  assert.equal((await get('//')).status, 404);
});

test('one that lags makes it degraded, not unready; an engine that does not run makes it unready', async (t) => {
  const degraded = ['subscriber sales lagged'];
  const { get } = await listening(t, { health: async () => ({ ready: true, degraded }) });
  assert.equal((await get('/health/ready')).status, 200);
  assert.deepEqual(JSON.parse((await get('/health/ready')).body), { status: 'degraded', degraded });
  const unready = await listening(t, { health: async () => ({ ready: false, degraded: [] }) });
  assert.equal((await unready.get('/health/ready')).status, 503);
  assert.equal((await unready.get('/health/live')).status, 200, 'a process that waits for its store is alive');
});

test('with a token it is asked for at /metrics alone', async (t) => {
  const { get } = await listening(t, { bearerToken: 's3cret' });
  assert.equal((await get('/metrics')).status, 401);
  assert.equal((await get('/metrics', { authorization: 'Bearer wrong!' })).status, 401);
  assert.equal((await get('/metrics', { authorization: 'Bearer s3cret' })).status, 200);
  assert.equal((await get('/metrics', { authorization: 'bearer  s3cret' })).status, 200, 'the scheme has no case');
  assert.equal((await get('/health/live')).status, 200);
});

test('an error is told with its own status', async (t) => {
  const behind = new TaskerError('TASKER_SUBSCRIBER_BEHIND', 'still catching up');
  const { get } = await listening(t, { metrics: () => Promise.reject(behind) });
  assert.deepEqual(await get('/metrics'), {
    status: 503,
    body: 'still catching up\n',
    type: 'text/plain; charset=utf-8',
  });
});

test('a port that is taken is an error that says what to do; a closed listener is open to nobody', async (t) => {
  const { listener } = await listening(t);
  const port = Number(new URL(listener.url ?? '').port);
  await assert.rejects(listening(t, { port }), {
    code: 'TASKER_OPERATIONS_UNAVAILABLE',
    message: /cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*another port/,
  });
  await listener.close();
  assert.equal(listener.url, null);
});

test('anything but reading is refused', async (t) => {
  const { listener } = await listening(t);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const posting = request(`${listener.url}/metrics`, { method: 'POST' }, (response) => resolve(response.statusCode));
    posting.on('error', reject).end();
  });
  assert.equal(status, 405);
});
