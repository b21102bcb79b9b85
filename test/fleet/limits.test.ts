import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { defineTask } from '../../src/index.ts';
import { needsPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { fleet } from './fleet.ts';

interface Running {
  readonly by: string;
  readonly namespace: string;
  readonly system: string;
}

describe('Limits for steps, on one database', needsPostgres, () => {
  it('hold in each process, and those of one namespace or system hold up no other', { timeout: 90_000 }, async (t) => {
    const running = new Set<Running>();
    const most = new Map<string, number>();
    const gate = Promise.withResolvers<void>();
    const count = (by: string, matches: (one: Running) => boolean): number =>
      [...running].filter((one) => one.by === by && matches(one)).length;
    const inReports = ({ namespace }: Running): boolean => namespace === 'reports';
    const atBank = ({ system }: Running): boolean => system === 'bank';
    const note = (what: string, now: number): void => void most.set(what, Math.max(most.get(what) ?? 0, now));
    const job = (by: string, namespace: string) =>
      defineTask({
        namespace_name: namespace,
        name: 'job',
        step_templates: ['bank', 'mail'].map((system) => ({
          name: system,
          dependent_system: system,
          handler: async () => {
            const one = { by, namespace, system };
            running.add(one);
            note(`${by} reports`, count(by, inReports));
            note(`${by} bank`, count(by, atBank));
            await gate.promise;
            running.delete(one);
            return {};
          },
        })),
      });
    const { worker, client } = await fleet(t, {
      limits: { tasksInMemory: 6, stepsPerNamespace: { reports: 2 }, stepsPerDependentSystem: { bank: 3 } },
    });
    const asking = await client({ config: { tasks: [job('client', 'shop'), job('client', 'reports')] } });
    for (const by of ['a', 'b']) await worker({ config: { tasks: [job(by, 'shop'), job(by, 'reports')] } });
    const handles = [];
    for (let n = 0; n < 24; n += 1)
      handles.push(await asking.run({ namespace: n % 2 === 0 ? 'shop' : 'reports', name: 'job', context: {} }));
    // Steps without a limit of their own run beside those that wait for theirs.
    await until(async () => ['a', 'b'].every((by) => count(by, atBank) === 3 && count(by, () => true) > 3));
    gate.resolve();
    const ended = await Promise.all(handles.map((handle) => handle.wait()));
    assert.ok(ended.every(({ status }) => status === 'complete'));
    for (const by of ['a', 'b']) {
      assert.equal(most.get(`${by} bank`), 3, by);
      assert.ok((most.get(`${by} reports`) ?? 0) <= 2, by);
    }
    assert.equal(most.get('client bank'), undefined);
  });
});
