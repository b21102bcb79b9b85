import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { tasker as cli } from './support/fake-io.ts';
import { orderProject } from './support/project.ts';

describe('tasker alerts backtest', () => {
  it('says what policies would have said over the log, and with a policy file what others would', async (t) => {
    const { dir, write } = await orderProject(t);
    const ran = await cli({ cwd: dir }, ['run', 'shop.order', '--context', '{"amount":5,"fail":"always"}', '--json']);
    assert.equal(ran.code, 1, ran.err);

    const backtest = await cli({ cwd: dir }, ['alerts', 'backtest', '--since', '1h', '--json']);
    assert.equal(backtest.code, 0, backtest.err);
    const report = JSON.parse(backtest.out);
    const [incident, ...more] = report.incidents;
    assert.deepEqual(
      [incident.policy, incident.step, incident.happened.failed, incident.saidThen, more],
      ['retries_exhausted', 'charge', 1, [], []],
    );
    assert.deepEqual([report.totals.failed, report.uncovered.failed], [1, 0]);

    const shown = await cli({ cwd: dir }, ['alerts', 'backtest', '--since', '1h']);
    assert.equal(shown.code, 0, shown.err);
    assert.match(shown.out, /^(warning|error|critical|info) {2}.*charge/m);
    assert.match(shown.out, /^ {2}where +shop \/ order \/ charge$/m);
    assert.match(shown.out, /^ {2}happened +1 failed for good$/m);
    assert.match(shown.out, /^ {2}said then +nothing$/m);
    assert.match(shown.out, /^in all {2}incidents: 1; said then: 0$/m);

    await write('quiet.yaml', '- name: retries_exhausted\n  minimum_tasks: 2\n');
    const quiet = await cli({ cwd: dir }, ['alerts', 'backtest', '--since', '1h', '--policy', 'quiet.yaml']);
    assert.equal(quiet.code, 0, quiet.err);
    assert.match(quiet.out, /^nobody would have said anything about {2}1 failed for good$/m);
    assert.match(quiet.out, /^failed +\d{4}-.* shop \/ order \/ charge +[0-9a-f-]{36}$/m);
    assert.match(quiet.out, /^in all {2}incidents: 0;/m);
  });

  it('tells of bad input with exit code 2: a broken file by line and column', async (t) => {
    const { dir, write } = await orderProject(t);
    const backtest = (...options: string[]) => cli({ cwd: dir }, ['alerts', 'backtest', ...options]);
    await write('bad.yaml', '- name: error_ratio\n  ratio: many\n');
    const bad = await backtest('--since', '1h', '--policy', 'bad.yaml');
    assert.deepEqual([bad.code, bad.out], [2, '']);
    assert.match(
      bad.err,
      /bad\.yaml:2:10 {2}error {2}\[0\]\.ratio: expected a number from 0 to 1, got the string 'many'/,
    );
    const missing = await backtest('--since', '1h', '--policy', 'no-such.yaml');
    assert.deepEqual([missing.code, missing.out], [2, '']);
    assert.match(missing.err, /--policy: cannot read no-such\.yaml/);
    assert.equal((await backtest()).code, 2);
    assert.match((await backtest('--since', 'yesterday')).err, /--since: expected a time/);
    assert.match((await backtest('--since', '1h', '--until', 'later')).err, /--until: expected a time/);
    const turned = await backtest('--since', '1h', '--until', '2h');
    assert.deepEqual([turned.code, turned.out], [2, '']);
    assert.match(turned.err, /begins before it ends/);
  });
});
