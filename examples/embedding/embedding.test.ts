import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';

import { createTasker, isTaskerError, type Tasker, type TaskerConfigInput } from '../../src/index.ts';
import { expressServer } from './express-server.ts';
import { fastifyApp } from './fastify-app.ts';
import { orderTask, type Ship } from './order-task.ts';

interface Hosted {
  readonly url: string;
  readonly close: () => Promise<void>;
}

type Host = (tasker: Tasker, options?: { readonly maxWaitMs?: number }) => Promise<Hosted>;

const hosts: Readonly<Record<string, Host>> = {
  Fastify: async (tasker, options) => {
    const app = fastifyApp(tasker, options);
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  },
  Express: async (tasker, options) => {
    const { server, close } = await expressServer(tasker, options);
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
  },
};

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const shipped: Ship = () => Promise.resolve({ parcel: 'P-1' });

for (const [name, host] of Object.entries(hosts)) {
  describe(`the engine inside an app of ${name}`, () => {
    test('an order is answered with 202 and the id of its task, which can be followed', async (context) => {
      const { url, tasker } = await started(context, host, shipped);
      const { status, location, body } = await post(url);
      assert.equal(status, 202);
      assert.equal(location, `/orders/${body.id}`);
      assert.equal((await tasker.wait(body.id)).status, 'complete');
      assert.deepEqual(await (await fetch(`${url}${location}`)).json(), {
        id: body.id,
        status: 'complete',
        parcel: 'P-1',
      });
    });

    test('a client that prefers to wait is answered with what became of its order', async (context) => {
      const { url } = await started(context, host, shipped);
      const { status, body } = await post(url, { prefer: 'respond-async, wait=30' });
      assert.deepEqual([status, body.status, body.parcel], [200, 'complete', 'P-1']);
    });

    test('a wait that takes too long is answered with 202; the task goes on', async (context) => {
      const { ship, open } = heldShip();
      const { url, tasker } = await started(context, host, ship, { maxWaitMs: 1 });
      const { status, body } = await post(url, { prefer: 'wait=30' });
      assert.deepEqual([status, body.status], [202, 'in_progress']);
      open();
      assert.equal((await tasker.wait(body.id)).status, 'complete');
    });

    test('the headers of the request are its idempotency key, correlation id and trace', async (context) => {
      const { url, tasker } = await started(context, host, shipped);
      const headers = { 'idempotency-key': 'cart-7', 'x-correlation-id': 'web:42', traceparent };
      const first = await post(url, headers);
      const again = await post(url, headers);
      assert.equal(again.body.id, first.body.id);
      assert.equal((await tasker.list()).tasks.length, 1);
      const task = await tasker.get(first.body.id);
      assert.deepEqual(
        [task.idempotencyKey, task.correlationId, task.traceId],
        ['cart-7', 'web:42', '0af7651916cd43dd8448eb211c80319c'],
      );
    });

    test('what is refused says why, with the status that goes with its code', async (context) => {
      const { url } = await started(context, host, shipped);
      const unfit = await post(url, {}, { item: '' });
      assert.deepEqual([unfit.status, unfit.body.code], [400, 'TASKER_CONTEXT_INVALID']);
      const unsafe = await post(url, { 'x-correlation-id': 'two words' });
      assert.deepEqual([unsafe.status, unsafe.body.code], [400, 'TASKER_REQUEST_INVALID']);
      const unknown = await fetch(`${url}/orders/none`);
      assert.equal(unknown.status, 404);
    });

    test('a client that goes away ends the wait, not the task', async (context) => {
      const { ship, open } = heldShip();
      const { url, tasker, waits } = await started(context, host, ship);
      const client = httpRequest(`${url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer: 'wait=30' },
      });
      client.on('error', () => undefined).end(JSON.stringify({ item: 'lamp' }));
      const { id, ended } = await waits.next();
      client.destroy();
      assert.equal(await ended, 'TASKER_WAIT_ABORTED');
      assert.equal((await tasker.get(id)).status, 'in_progress');
      open();
      assert.equal((await tasker.wait(id)).status, 'complete');
    });

    test('closing answers those who wait with the id of their task, stops the engine, and is no end of the task', async (context) => {
      const dir = mkdtempSync(join(tmpdir(), 'tasker-embedding-'));
      context.after(() => rmSync(dir, { recursive: true, force: true }));
      const storage = { kind: 'sqlite', file: join(dir, 'tasker.db') } as const;
      const stuck: Ship = (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      const { url, close, tasker, waits } = await started(context, host, stuck, {}, { storage });
      const answer = post(url, { prefer: 'wait=30' });
      await waits.next();
      await close();
      const { status, body } = await answer;
      assert.deepEqual([status, body.status], [202, 'in_progress']);
      assert.equal(tasker.status().running, false);

      const next = await started(context, host, shipped, {}, { storage });
      assert.equal((await next.tasker.wait(body.id)).status, 'complete');
    });

    test('the engine leaves the process’s signals to the app', async (context) => {
      const listeners = () => ['SIGTERM', 'SIGINT'].map((signal) => process.listenerCount(signal));
      const before = listeners();
      const { url } = await started(context, host, shipped);
      await post(url, { prefer: 'wait=30' });
      assert.deepEqual(listeners(), before);
    });

    test('an engine that cannot start fails the start of the app', async (context) => {
      const tasker = await taskerOf(shipped);
      context.after(() => tasker.stop());
      await tasker.stop();
      await assert.rejects(host(tasker), (error) => isTaskerError(error, 'TASKER_ENGINE_NOT_RUNNING'));
    });
  });
}

function taskerOf(ship: Ship, config: TaskerConfigInput = {}): Promise<Tasker> {
  return createTasker({
    storage: { kind: 'memory' },
    tasks: [orderTask(ship)],
    limits: { stopGraceMs: 1 },
    ...config,
  });
}

/** Closed when the test ends, if not before. */
async function started(
  context: TestContext,
  host: Host,
  ship: Ship,
  options: { readonly maxWaitMs?: number } = {},
  config: TaskerConfigInput = {},
) {
  const tasker = await taskerOf(ship, config);
  const waits = new Waits();
  const { url, close } = await host(waits.of(tasker), options);
  let closed: Promise<void> | null = null;
  const closeOnce = (): Promise<void> => (closed ??= close());
  context.after(closeOnce);
  return { url, tasker, waits, close: closeOnce };
}

interface Wait {
  readonly id: string;
  /** Its error's code, or `resolved`. */
  readonly ended: Promise<unknown>;
}

/** Sees the app wait for a task. */
class Waits {
  readonly #first = Promise.withResolvers<Wait>();

  next(): Promise<Wait> {
    return this.#first.promise;
  }

  of(tasker: Tasker): Tasker {
    const wait: Tasker['wait'] = (id, options) => {
      const waiting = tasker.wait(id, options);
      const ended = waiting.then(
        () => 'resolved',
        (error: { code?: unknown }) => error.code,
      );
      this.#first.resolve({ id, ended });
      return waiting;
    };
    return new Proxy(tasker, {
      get(target, name) {
        if (name === 'wait') return wait;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

function heldShip(): { readonly ship: Ship; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<{ parcel: string }>();
  return { ship: () => promise, open: () => resolve({ parcel: 'P-1' }) };
}

async function post(url: string, headers: Readonly<Record<string, string>> = {}, order = { item: 'lamp' }) {
  const answer = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(order),
  });
  const body = (await answer.json()) as { id: string; status: string; parcel: string | null; code?: string };
  return { status: answer.status, location: answer.headers.get('location'), body };
}
