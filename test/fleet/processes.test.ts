import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';

import { emptyProject } from '../cli/support/project.ts';
import { freePort } from '../prometheus/start-prometheus.ts';
import { needsOwnPostgres, startServer } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { createTasker } from '../../src/create-tasker.ts';
import { describeConfig } from './process-config.ts';

const bin = new URL('../../bin/tasker.js', import.meta.url).pathname;

describe('Workers and a server as processes', needsOwnPostgres, () => {
  it('do their parts, say how they are, and end in order', { timeout: 120_000 }, async (t) => {
    const { dir, write } = await emptyProject(t);
    const postgres = await startServer();
    const children: ChildProcess[] = [];
    t.after(async () => {
      for (const child of children) child.kill('SIGKILL');
      await postgres.stop();
    });
    const database = await postgres.createDatabase();
    await write('tasker.config.ts', describeConfig(database.url));
    /** Resolves once it has said that it runs. */
    const start = async (args: readonly string[], port: number): Promise<ChildProcess> => {
      const child = spawn(process.execPath, [bin, ...args], {
        cwd: dir,
        env: { ...process.env, OPERATIONS_PORT: String(port), WHO: args.join(' ') },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      children.push(child);
      let said = '';
      child.stdout?.on('data', (text) => (said += String(text)));
      await until(async () => said.includes('engine.started'));
      return child;
    };
    const ends = async (child: ChildProcess): Promise<number> => {
      const from = performance.now();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null]);
      return performance.now() - from;
    };
    const [serverPort, shopPort, mailPort] = [await freePort(), await freePort(), await freePort()];
    const server = await start(['server'], serverPort);
    const shop = await start(['worker', '--namespace', 'shop', '--no-observers'], shopPort);
    const asking = await createTasker(
      { storage: { kind: 'postgres', url: database.url }, observers: false },
      { env: {}, onWarning: () => undefined },
    );
    t.after(() => asking.stop());
    const by = async (taskId: string): Promise<unknown> => {
      const results = (await asking.get(taskId)).steps.find(({ name }) => name === 'work')?.results;
      return (results as { readonly by?: string } | null | undefined)?.by;
    };

    const ofShop = await asking.run({ namespace: 'shop', name: 'job', context: {} });
    assert.equal((await ofShop.wait()).status, 'complete');
    assert.match(String(await by(ofShop.id)), /^worker --namespace shop/);
    const ofMail = await asking.run({ namespace: 'mail', name: 'job', context: {} });
    assert.equal((await asking.cancel(ofMail.id)).status, 'cancelled', 'the server carries it out');
    assert.equal(
      (await asking.subscribers()).find(({ name }) => name === 'count')?.name,
      'count',
      'the server observes',
    );

    const ready = async (port: number) => {
      const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null);
      return response === null ? null : { status: response.status, text: await response.text() };
    };
    assert.equal((await ready(shopPort))?.status, 200);
    await until(async () => (await ready(serverPort))?.text.includes('degraded') ?? false);
    assert.equal((await ready(serverPort))?.status, 200, 'a lagging subscriber keeps no work away');

    // One that is asked to stop gives back what waits, and what its handlers would still be at when the grace is over.
    const waiting = await asking.run({ namespace: 'shop', name: 'job', context: { waits: true } });
    await until(async () => (await asking.get(waiting.id)).steps.some(({ status }) => status === 'in_progress'));
    const all = await start(['worker', '--no-observers'], mailPort);
    const stoppedMs = await ends(shop);
    assert.ok(stoppedMs < 10_000, `${stoppedMs} ms`);
    const from = performance.now();
    await until(async () => (await asking.get(waiting.id)).steps.some(({ attempts }) => attempts === 2));
    t.diagnostic(
      `stopped in ${Math.round(stoppedMs)} ms; the other went on ${Math.round(performance.now() - from)} ms later`,
    );
    assert.equal((await asking.events({ names: ['worker.lost'] })).events.length, 0);

    await postgres.crash();
    await until(async () => (await ready(mailPort))?.status === 503);
    await postgres.start();
    await until(async () => (await ready(mailPort))?.status === 200);
    await ends(all);
    await ends(server);
  });
});
