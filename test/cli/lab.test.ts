import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { parseScenario, readScenario } from '../../src/lab/scenario/read-scenario.ts';
import { tasker } from './support/fake-io.ts';
import { emptyProject } from './support/project.ts';

const root = join(import.meta.dirname, '../..');

const scenario = `
duration: 2m
workflows:
  - name: checkout
    traffic: { per_second: 1 }
    steps: [{ name: pay, service: payments, stall_seconds: 2 }]
faults:
  - { kind: hang, service: payments, from: 30s, to: 60s }
targets: { speed: 1000000000 }
`;

describe('lab', () => {
  it('runs a file with several seeds, and prints its parameters, what was measured, and the speed', async (t) => {
    const { dir } = await emptyProject(t);
    writeFileSync(join(dir, 'hang.yaml'), scenario);
    const { code, out, err } = await tasker({ cwd: dir }, ['lab', 'hang.yaml', '--seeds', '4..5', '--jobs', '2']);
    assert.equal(code, 0, err);
    assert.match(out, /^hang {2}hang\.yaml: 2 seeds of 2 min, \d+ tasks, \d+ events\n/m);
    assert.match(out, /lab\.checkout: 1\/s; SLA none/);
    assert.match(out, /pay \(payments\): 80\/320 ms, at most 640; slow 1 % by 3; retried 0\.5 % \(connection\)/);
    assert.match(out, /fault hang: hang of lab\.checkout\.pay, everybody, 30 s to 60 s/);
    assert.match(out, /^faults \(felt by nobody\) +2 \(0\) +2 \(0\)$/m);
    assert.match(out, /speed: \d+ times real time/);
    assert.match(err, /hang, seed [45] done; 0 to go/);
  });

  it('prints every run as JSON, and ends with 1 when a target is missed and --check is given', async (t) => {
    const { dir } = await emptyProject(t);
    writeFileSync(join(dir, 'hang.yaml'), scenario);
    const { code, out } = await tasker({ cwd: dir }, ['lab', 'hang.yaml', '--json', '--check']);
    assert.equal(code, 1);
    const [report] = JSON.parse(out).scenarios;
    assert.deepEqual([report.name, report.seeds, report.runs.length], ['hang', [1], 1]);
    assert.equal(report.runs[0].alerting.faults[0].kind, 'hang');
    assert.match(report.missedTargets.at(-1), /^simulated time over real time: \d+; expected at least 1000000000$/);
  });

  it('runs none of the files when one is not valid, and says where', async (t) => {
    const { dir } = await emptyProject(t);
    writeFileSync(join(dir, 'good.yaml'), scenario);
    writeFileSync(join(dir, 'bad.yaml'), scenario.replace('service: payments, from', 'servce: payments, from'));
    const { code, err } = await tasker({ cwd: dir }, ['lab', 'good.yaml', 'bad.yaml']);
    assert.equal(code, 1);
    assert.match(err, /bad\.yaml:8:19 {2}faults\[0\]: unknown key 'servce'; did you mean 'service'\?/);
    assert.doesNotMatch(err, /done/);
  });

  it('takes a task template instead of steps', async (t) => {
    const { dir } = await emptyProject(t);
    const template = `
name: order
namespace_name: shop
step_templates:
  - { name: pay, dependent_system: payments, handler_class: 'Shop::PayHandler' }
handler_config: { business_context: [order_value, currency, customer_tier] }
`;
    writeFileSync(join(dir, 'order.yaml'), template);
    const own = scenario.replace(/ {2}- name: checkout[\s\S]*?faults/, '  - template: order.yaml\nfaults');
    writeFileSync(join(dir, 'own.yaml'), own);
    const { code, out, err } = await tasker({ cwd: dir }, ['lab', 'own.yaml']);
    assert.equal(code, 0, err);
    assert.match(out, /fault hang: hang of shop\.order\.pay/);
    assert.match(out, /missed +1 +\d/);
  });
});

describe('scenario files', () => {
  it('of the project are valid; what is reported shares no seed and no service with what is tuned on', async () => {
    const read = (folder: string) =>
      Promise.all(globSync(`lab/${folder}/*.yaml`, { cwd: root }).map((file) => readScenario(file, root)));
    const [reported, tuning] = [await read('scenarios'), await read('tuning')];
    assert.ok(reported.length >= 10 && tuning.length >= 8);
    const seeds = (scenarios: typeof reported) => new Set(scenarios.flatMap((one) => one.seeds));
    const services = (scenarios: typeof reported) =>
      new Set(
        scenarios.flatMap(({ workflows }) => workflows.flatMap(({ steps }) => steps.map(({ service }) => service))),
      );
    const shared = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): readonly T[] => [...a].filter((one) => b.has(one));
    assert.deepEqual(shared(seeds(reported), seeds(tuning)), []);
    assert.deepEqual(shared(services(reported), services(tuning)), []);
    assert.ok(reported.every(({ warnings }) => warnings.length === 0));
  });

  it('in the guide are valid', () => {
    const guide = readFileSync(join(root, 'docs/lab.md'), 'utf8');
    const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)];
    assert.ok(blocks.length >= 1);
    for (const [, text = ''] of blocks) assert.equal(parseScenario(text, 'lab.md').workflows.length, 1);
  });
});
