import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineTask } from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/index.ts';

test('steps keep to the limits of process, namespace and dependent system, and every task comes to its end', async (t) => {
  const running: { readonly namespace: string; readonly system: string }[] = [];
  const most = { process: 0, reports: 0, bank: 0 };
  const look = (): void => {
    most.process = Math.max(most.process, running.length);
    most.reports = Math.max(most.reports, running.filter(({ namespace }) => namespace === 'reports').length);
    most.bank = Math.max(most.bank, running.filter(({ system }) => system === 'bank').length);
  };
  const task = (namespace: string) =>
    defineTask({
      namespace_name: namespace,
      name: 'job',
      step_templates: ['bank', 'mail', 'bank'].map((system, index) => ({
        name: `step${index}`,
        dependent_system: system,
        handler: async () => {
          const one = { namespace, system };
          running.push(one);
          look();
          await new Promise<void>((resolve) => void made.clock.setTimer(50, resolve));
          running.splice(running.indexOf(one), 1);
          return {};
        },
      })),
    });
  const made = await createTestTasker({
    tasks: [task('shop'), task('reports')],
    limits: { stepsPerProcess: 5, stepsPerNamespace: { reports: 2 }, stepsPerDependentSystem: { bank: 3 } },
  });
  t.after(made.stop);
  const ids: string[] = [];
  for (let count = 0; count < 30; count += 1) {
    const namespace = count % 3 === 0 ? 'shop' : 'reports';
    ids.push((await made.tasker.run({ namespace, name: 'job', context: {} })).id);
  }
  await made.clock.advance(60_000);
  for (const id of ids) assert.equal((await made.tasker.get(id)).status, 'complete');
  assert.deepEqual(most, { process: 5, reports: 2, bank: 3 });
});
