import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { createTasker, defineSubscriber, defineTask, systemClock } from '../../src/index.ts';
import type { Storage } from '../../src/execution/storage.ts';

const sale = defineTask({
  name: 'sale',
  handler_config: { business_context: ['value'] },
  step_templates: [{ name: 'pay', handler: () => ({}) }],
});

for (const moment of ['before', 'after'] as const) {
  test(`an engine that dies right ${moment} a subscriber's commit: the next one counts each event exactly once`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'tasker-subscriber-crash-'));
    const file = join(folder, 'tasker.db');
    const handled: number[] = [];
    const counted = Promise.withResolvers<void>();
    const sales = defineSubscriber<{ readonly count: number; readonly sum: number }>({
      name: 'sales',
      startFrom: 'beginning',
      state: { initial: () => ({ count: 0, sum: 0 }) },
      on: {
        'task.completed': (event, context) => {
          const value = Number(event.business?.['value']);
          handled.push(value);
          context.state = { count: context.state.count + 1, sum: context.state.sum + value };
        },
      },
    });
    const open = async (wrapStorage: (storage: Storage) => Storage) =>
      createTasker(
        { storage: { kind: 'sqlite', file }, tasks: [sale], subscribers: [sales] },
        { clock: systemClock, env: {}, onWarning: () => undefined, wrapStorage },
      );
    const died = Promise.withResolvers<void>();
    const dying = await open((storage) => ({
      ...storage,
      async commitGroup(changes, progress) {
        if (!progress.some((part) => 'state' in part && part.kind === 'advance'))
          return storage.commitGroup(changes, progress);
        if (moment === 'after') await storage.commitGroup(changes, progress);
        await storage.close();
        died.resolve();
        throw new Error('the process is gone');
      },
    }));
    await dying.start();
    await (await dying.run({ name: 'sale', context: { value: 5 } })).wait();
    await died.promise;
    assert.deepEqual(handled, [5]);

    let storage: Storage | undefined;
    const next = await open((opened) => {
      storage = {
        ...opened,
        async commitGroup(changes, progress) {
          const results = await opened.commitGroup(changes, progress);
          if (handled.at(-1) === 7) counted.resolve();
          return results;
        },
      };
      return storage;
    });
    t.after(async () => {
      await Promise.allSettled([dying.stop({ graceMs: 0 }), next.stop({ graceMs: 0 })]);
      await rm(folder, { recursive: true, force: true });
    });
    await next.start();
    await (await next.run({ name: 'sale', context: { value: 7 } })).wait();
    await counted.promise;
    const row = await storage?.subscribers.load('sales');
    assert.deepEqual(JSON.parse(row?.state ?? 'null'), { count: 2, sum: 12 });
    assert.deepEqual(handled, moment === 'before' ? [5, 5, 7] : [5, 7]);
  });
}
