import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { createTasker, defineSubscriber, defineTask } from '../../src/index.ts';
import { tasker as cli } from './support/fake-io.ts';
import { orderProject } from './support/project.ts';

/** An engine whose subscriber has parked so many events; `mend` makes it accept them. */
async function engine(t: TestContext, count = 1) {
  const { dir } = await orderProject(t);
  let broken = true;
  let toPark = count;
  const failed = Promise.withResolvers<void>();
  const sales = defineSubscriber({
    name: 'sales',
    retries: { limit: 0 },
    state: { initial: () => 0 },
    on: {
      'task.completed': (_event, context) => {
        if (broken) throw new Error('not yet');
        context.state += 1;
      },
      'subscriber.event_parked': () => undefined,
    },
  });
  const witness = defineSubscriber({
    name: 'witness',
    on: { 'subscriber.event_parked': () => void ((toPark -= 1) === 0 && failed.resolve()) },
  });
  const tasker = await createTasker(
    {
      storage: { kind: 'sqlite', file: join(dir, 'tasker.db') },
      tasks: [defineTask({ name: 'sale', step_templates: [{ name: 'pay', handler: () => ({}) }] })],
      subscribers: [sales, witness],
    },
    { env: {} },
  );
  await tasker.start();
  t.after(() => tasker.stop({ graceMs: 0 }));
  for (let sold = 0; sold < count; sold += 1) await (await tasker.run({ name: 'sale', context: {} })).wait();
  await failed.promise;
  return { dir, mend: () => (broken = false) };
}

describe('subscribers, from another process', () => {
  it('shows where they stand and what they have parked, and hands it to them again', async (t) => {
    const { dir, mend } = await engine(t);
    const listed = JSON.parse((await cli({ cwd: dir }, ['subscribers', '--json'])).out);
    assert.deepEqual(
      listed.map(({ name, parked, stateBytes }: { name: string; parked: number; stateBytes: number }) => [
        name,
        parked,
        stateBytes,
      ]),
      [
        ['sales', 1, 1],
        ['witness', 0, 0],
      ],
    );
    assert.match((await cli({ cwd: dir }, ['subscribers'])).out, /^SUBSCRIBER +CHECKPOINT +LAG +PARKED/);
    assert.match((await cli({ cwd: dir }, ['parked'])).out, /sales .* task\.completed .* Error: not yet/);

    const failing = await cli({ cwd: dir }, ['parked', 'sales', '--retry']);
    assert.equal(failing.out, '0 handled, 1 failed again\n');
    mend();
    const ran = await cli({ cwd: dir }, ['parked', 'sales', '--retry']);
    assert.deepEqual([ran.code, ran.out], [0, '1 handled\n'], ran.err);
    assert.match((await cli({ cwd: dir }, ['parked'])).err, /nothing is parked/);
  });

  it('shows what is parked in pages, says how much there is, and finds one by its position', async (t) => {
    const { dir } = await engine(t, 3);
    const { events, total, next } = JSON.parse((await cli({ cwd: dir }, ['parked', '--json'])).out);
    assert.deepEqual([events.length, total, next], [3, 3, null]);
    const positions = events.map(({ position }: { position: number }) => String(position));
    const shown = (text: string): readonly string[] =>
      positions.filter((position: string) => new RegExp(`sales +${position} `).test(text));

    const first = await cli({ cwd: dir }, ['parked', '--limit', '2']);
    assert.deepEqual(shown(first.out), positions.slice(0, 2));
    const [, cursor = ''] = /2 of 3 are shown; more: --after (\S+)/.exec(first.err) ?? [];
    const second = await cli({ cwd: dir }, ['parked', '--limit', '2', '--after', cursor]);
    assert.deepEqual([shown(second.out), second.err], [positions.slice(2), '']);
    const last = await cli({ cwd: dir }, ['parked', 'sales', '--limit', '1', '--position', positions[2]]);
    assert.deepEqual([shown(last.out), last.err], [positions.slice(2), '']);

    const wrong = await cli({ cwd: dir }, ['parked', '--after', 'sales']);
    assert.match(wrong.err, /expected 'next' of the page before/);
    const partly = await cli({ cwd: dir }, ['parked', 'sales', '--drop', '--limit', '1']);
    assert.notEqual(partly.code, 0, 'it would drop all');
    const dropped = await cli({ cwd: dir }, ['parked', 'sales', '--drop']);
    assert.equal(dropped.out, '3 given up\n');
  });

  it('replays one, and says why not when it would forget events', async (t) => {
    const { dir, mend } = await engine(t);
    mend();
    const whole = await cli({ cwd: dir }, ['replay', 'sales', '--from', 'beginning', '--json']);
    const { outcome } = JSON.parse(whole.out);
    assert.equal(outcome.from, 1);
    const refused = await cli({ cwd: dir }, ['replay', 'sales', '--from', String(outcome.to + 1)]);
    assert.match(refused.err, /TASKER_REPLAY_REFUSED|would forget/);
    assert.notEqual(refused.code, 0);
    const unknown = await cli({ cwd: dir }, ['parked', 'sails', '--drop']);
    assert.match(unknown.err, /no subscriber 'sails'/);
    const vague = await cli({ cwd: dir }, ['replay', 'sales', '--from', 'yesterday']);
    assert.match(vague.err, /--from: expected 'beginning', a position, a time or how long ago, got 'yesterday'/);
    const mistyped = await cli({ cwd: dir }, ['parked', 'sails']);
    assert.match(mistyped.err, /knows no subscriber 'sails'; it knows sales, witness/);
    assert.equal((await cli({ cwd: dir }, ['parked', 'witness'])).code, 0);
  });
});
