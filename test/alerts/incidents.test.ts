import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { LoggedEvent } from '../../src/events/envelope.ts';
import type { JsonValue } from '../../src/shared/json.ts';
import type { AlertFact } from '../../src/subscribers/alert-generation/incidents/incident-teller.ts';
import { Alerting } from '../../src/subscribers/alert-generation/alerting.ts';
import { alertsIn, pendingIn } from '../../src/subscribers/alert-generation/alerts-in.ts';
import { type Fate, simulatedCheckouts, startMs, type Traffic } from './simulated-checkouts.ts';
import { alertingOptions, Story } from './story.ts';
import { scale } from '../support/scale.ts';

const minute = 60_000;

/** What is said over all of it, looked at each second, and the state in the end; restored after each of those events. */
function lived(events: Iterable<LoggedEvent>, restartAfter: ReadonlySet<number>, untilMs = 0) {
  const options = alertingOptions();
  let alerting = new Alerting(options);
  const facts: AlertFact[] = [];
  let tickMs = startMs;
  const goOn = (toMs: number): void => {
    for (; tickMs < toMs; tickMs += 1000) {
      alerting.tick(tickMs);
      facts.push(...alerting.drain());
    }
  };
  let index = 0;
  for (const event of events) {
    goOn(event.occurredAt);
    alerting.take(event);
    facts.push(...alerting.drain());
    if (restartAfter.has(index)) {
      const stored = JSON.parse(JSON.stringify(alerting.encode())) as JsonValue;
      alerting = new Alerting(options);
      alerting.restore(stored);
    }
    index += 1;
  }
  goOn(untilMs);
  return { facts, state: JSON.parse(JSON.stringify(alerting.encode())) as JsonValue };
}

function told(traffic: Traffic): readonly AlertFact[] {
  return lived(simulatedCheckouts(traffic), new Set(), startMs + traffic.durationMs).facts;
}

const hang: Fate = { kind: 'hang' };
const hangs: Omit<Traffic, 'seed'> = {
  durationMs: 12 * minute,
  rate: () => 5,
  fate: (step, at) => (step === 'update_inventory' && at >= 4 * minute && at < 7 * minute ? hang : null),
};

test('a step that hangs is one incident from the third stalled task to its recovery, and says what is at stake', () => {
  const facts = told({ ...hangs, seed: 7 });
  assert.equal(facts.filter(({ kind }) => kind === 'triggered').length, 1);
  const [first] = facts;
  assert.ok(
    first !== undefined && first.atMs - startMs < 4 * minute + 12_000,
    'within two seconds after the stall limit of ten',
  );
  const { policy, severity, step, system, cause, scope, tasksHit, atRisk, action } = first.incident;
  assert.deepEqual(
    { policy, severity, step, system, cause, scope, tasksHit },
    {
      policy: 'step_stalled',
      severity: 'critical',
      step: 'update_inventory',
      system: 'inventory',
      cause: 'hang',
      scope: [],
      tasksHit: 3,
    },
  );
  assert.ok((atRisk['USD'] ?? 0) > 0);
  assert.match(action, /^Calls of inventory do not come back/);
  const [last, cost] = facts.slice(-2);
  assert.deepEqual([last?.kind, cost?.kind], ['resolved', 'settled']);
  assert.ok(last !== undefined && cost !== undefined);
  assert.ok((cost.incident.lost['USD'] ?? 0) > (last.incident.lost['USD'] ?? 0), 'more is lost than was known then');
  assert.ok(last.atMs - startMs < 7 * minute + 20_000, 'resolved though hung attempts end only twenty seconds later');
  assert.deepEqual(new Set(last.incident.joined).has('error_ratio'), true, 'time-outs join it');
});

test('half of the calls that hang are one incident, not one for every while in which none was seen to hang', () => {
  const facts = told({
    ...hangs,
    seed: 9,
    fate: (step, at, _customer, chance) =>
      step === 'update_inventory' && at >= 4 * minute && at < 8 * minute && chance() < 0.5 ? hang : null,
  });
  assert.equal(facts.filter(({ kind }) => kind === 'triggered').length, 1);
  const last = facts.at(-1);
  assert.ok(last?.kind === 'resolved' && last.atMs >= startMs + 8 * minute && last.atMs < startMs + 9 * minute);
});

test('whoever is hit is told: one tier, one region of a tier', () => {
  const only = (who: (customer: { customer_tier: string; region: string }) => boolean): readonly AlertFact[] =>
    told({
      seed: 11,
      durationMs: 9 * minute,
      rate: () => 5,
      fate: (step, at, customer) =>
        step === 'create_order' && at >= 4 * minute && who(customer)
          ? { kind: 'fail', durationMs: 30, type: 'ServiceError', status: 502 }
          : null,
    });
  assert.deepEqual(only(({ customer_tier: tier }) => tier === 'premium')[0]?.incident.scope, [
    { field: 'customer_tier', values: ['premium'] },
  ]);
  const both = only(({ customer_tier: tier, region }) => tier === 'standard' && region === 'eu');
  const fields = both.at(-1)?.incident.scope.toSorted((a, b) => (a.field < b.field ? -1 : 1));
  assert.deepEqual(fields, [
    { field: 'customer_tier', values: ['standard'] },
    { field: 'region', values: ['eu'] },
  ]);
});

test('usual traffic, with its retries and slow tails, is no incident', () => {
  for (const seed of [1, 2, 3])
    assert.deepEqual(told({ seed, durationMs: 20 * minute, rate: () => 5, retried: 0.04 }), []);
  const day = (at: number): number => {
    const hour = (at / 3_600_000) % 24;
    return (1 / 60) * (hour < 5 ? 0.1 : 1 + 0.8 * Math.sin(((hour - 8) / 24) * 2 * Math.PI));
  };
  assert.deepEqual(told({ seed: 4, durationMs: 3 * 24 * 60 * minute, rate: day, retried: 0.04 }), []);
});

const troubles: readonly Fate[] = [
  hang,
  { kind: 'fail', durationMs: 30, type: 'ServiceError', status: 502 },
  { kind: 'ok', durationMs: 4000 },
];

test('a restart at any moment neither repeats nor forgets, and leaves no trace in what is known', () => {
  const someTraffic = fc.record({
    seed: fc.integer({ min: 1, max: 1000 }),
    trouble: fc.constantFrom(...troubles),
    everyNth: fc.integer({ min: 1, max: 3 }),
    rate: fc.constantFrom(0.5, 5, 9),
  });
  const restarts = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(someTraffic, restarts, ({ seed, trouble, everyNth, rate }, points) => {
      let calls = 0;
      const isAmong = (at: number): boolean => at >= 4 * minute && at < 7 * minute && (calls += 1) % everyNth === 0;
      const fate: Traffic['fate'] = (step, at) => (step === 'update_inventory' && isAmong(at) ? trouble : null);
      const events = [...simulatedCheckouts({ seed, durationMs: 12 * minute, rate: () => rate, fate })];
      const at = new Set(points.map((point) => point % events.length));
      const unbroken = lived(events, new Set());
      const broken = lived(events, at);
      assert.deepEqual(broken.facts, unbroken.facts);
      assert.deepEqual(broken.state, unbroken.state);
    }),
    { numRuns: 2 * scale },
  );
});

test('what follows from an incident joins it, and what follows from one that is just over is no new one', () => {
  const story = new Story().usual(60);
  for (const task of ['a', 'b', 'c']) story.start(task).stalled(task, 'update_inventory').wait(1);
  story.breached('a', 'update_inventory').wait(1);
  story.failedForGood('b', 'update_inventory', 'exhausted', { type: 'TimeoutError' }).wait(1);
  assert.deepEqual(
    story.said.filter((one) => one.startsWith('triggered')),
    ['triggered step_stalled update_inventory'],
  );
  story.usual(60).wait(10);
  assert.deepEqual(story.facts.at(-1)?.incident.joined.toSorted(), ['retries_exhausted', 'sla_breached']);
  assert.equal(story.facts.at(-1)?.kind, 'resolved');
  const before = story.facts.length;
  story.failedForGood('c', 'update_inventory', 'exhausted', { type: 'TimeoutError' }).wait(200);
  assert.equal(story.facts.length, before, 'c was hit by it');
  story.start('d').failedForGood('d', 'update_inventory').wait(1);
  assert.equal(story.said.at(-1), 'triggered retries_exhausted update_inventory', 'd was not');
});

test('a cause takes over the incident that its consequences had opened, under the same key', () => {
  const story = new Story().usual(60).wait(10).start('a').breached('a', 'update_inventory');
  for (const task of ['b', 'c', 'd']) story.start(task).stalled(task, 'update_inventory').wait(1);
  story.wait(31);
  assert.deepEqual(new Set(story.facts.map(({ incident }) => incident.key)).size, 1);
  const last = story.facts.at(-1)?.incident;
  assert.deepEqual([last?.policy, last?.cause, last?.severity], ['step_stalled', 'hang', 'critical']);
});

test('money is counted once: at risk while a task is open, lost when it fails, regained when it completes after all', () => {
  const story = new Story().usual(60);
  for (const task of ['a', 'b', 'c'])
    story.start(task, { order_value: 5000, currency: 'EUR' }).stalled(task, 'update_inventory');
  const money = () => {
    const [view] = alertsIn(story.wait(1).alerting.encode());
    return { atRisk: view?.incident.atRisk, lost: view?.incident.lost };
  };
  assert.deepEqual(money(), { atRisk: { EUR: 15_000 }, lost: {} });
  story.failedForGood('a', 'update_inventory', 'exhausted', { type: 'TimeoutError' });
  assert.deepEqual(money(), { atRisk: { EUR: 10_000 }, lost: { EUR: 5000 } });
  story.tell('task.retry_requested', { by: 'ada', why: 'again', action: 'retry' }, 'a');
  assert.deepEqual(money(), { atRisk: { EUR: 15_000 }, lost: { EUR: 5000 } });
  story.completed('a');
  assert.deepEqual(money(), { atRisk: { EUR: 10_000 }, lost: {} });
  story.completed('b').tell('task.cancelled', { by: 'ada', why: 'gone', from: 'in_progress', durationMs: 1 }, 'c');
  assert.deepEqual(money(), { atRisk: {}, lost: { EUR: 5000 } });
});

test('nothing is said of what was over before anybody watched, and all of what is not', () => {
  const options = alertingOptions();
  const events = simulatedCheckouts({ ...hangs, seed: 3 });
  const facts = (untilMs: number): readonly string[] => {
    const alerting = new Alerting(options);
    for (const event of events) if (event.occurredAt < startMs + untilMs) alerting.take(event);
    alerting.tick(startMs + untilMs);
    return alerting.drain().map(({ kind, incident }) => `${kind} ${incident.policy}`);
  };
  assert.deepEqual(facts(11 * minute), []);
  assert.deepEqual(facts(6 * minute), ['triggered step_stalled']);
});

test('a policy that asks for time is pending until then, across a restart too, and says nothing if it ends before', () => {
  const options = alertingOptions([{ name: 'step_stalled', for_seconds: 30 }]);
  const hung = (): Story => {
    const story = new Story(options).usual(60);
    for (const task of ['a', 'b', 'c']) story.start(task).stalled(task, 'update_inventory');
    return story;
  };
  const story = hung().wait(10).restart().wait(10);
  assert.deepEqual(story.said, []);
  assert.deepEqual(
    pendingIn(story.alerting.encode()).map(({ policy, step, sinceMs, firesAtMs }) => [
      policy,
      step,
      firesAtMs - sinceMs,
    ]),
    [['step_stalled', 'update_inventory', 30_000]],
  );
  assert.deepEqual(story.wait(11).said, ['triggered step_stalled update_inventory']);
  assert.deepEqual(pendingIn(story.alerting.encode()), [], 'it fires');
  assert.deepEqual(pendingIn(story.wait(30).restart().wait(5).alerting.encode()), [], 'and goes on firing');
  const passing = hung().wait(5);
  for (const task of ['a', 'b', 'c']) passing.done(task, 'update_inventory', 15_000).completed(task);
  assert.deepEqual(passing.usual(60).said, []);
});

test('silenced incidents are told as silenced, and once more when the silence ends; acknowledging is kept', () => {
  const story = new Story().usual(60);
  const silence = { id: 's1', match: { task: 'checkout' }, fromMs: startMs, untilMs: startMs + 100_000 };
  story.tell('alert.silenced', { silence, by: 'ada', why: 'load test' });
  for (const task of ['a', 'b', 'c']) story.start(task).stalled(task, 'update_inventory');
  assert.deepEqual(
    story.facts.map(({ kind, silenced }) => [kind, silenced]),
    [['triggered', true]],
  );
  story.wait(45);
  const over = story.facts.at(-1);
  assert.deepEqual(over?.kind === 'updated' && [over.silenced, over.changes], [false, ['silence']]);
  story
    .tell('alert.acknowledged', { incident: story.facts[0]?.incident.key, by: 'grace', why: 'on it' })
    .wait(1)
    .restart()
    .wait(1);
  const [view] = alertsIn(story.alerting.encode());
  assert.deepEqual([view?.state, view?.acknowledged?.by], ['acknowledged', 'grace']);
});

test('all kinds of tasks silent at once are one incident, and none of them is one when the others come back first', () => {
  const options = alertingOptions();
  const two = { ...options, tasks: [...options.tasks, ...options.tasks.map((task) => ({ ...task, task: 'renewal' }))] };
  const alerting = new Alerting(two);
  const facts: AlertFact[] = [];
  let tickMs = startMs;
  const events = ['checkout', 'renewal'].flatMap((taskName, index) =>
    simulatedCheckouts({
      seed: index + 1,
      durationMs: 10 * minute,
      // The second comes back ten seconds later.
      rate: (at) => (at < 5 * minute || at > 8 * minute + index * 10_000 ? 3 : 0),
    }).map((event) => ({ ...event, taskName, taskId: `${taskName}-${event.taskId}` })),
  );
  for (const event of events.toSorted((a, b) => a.occurredAt - b.occurredAt)) {
    for (; tickMs < event.occurredAt; tickMs += 1000) alerting.tick(tickMs);
    alerting.take(event);
  }
  facts.push(...alerting.drain());
  assert.deepEqual(
    facts.map(({ kind, incident }) => [kind, incident.policy, incident.task]),
    [
      ['triggered', 'no_traffic', null],
      ['resolved', 'no_traffic', null],
    ],
  );
});

test('while the log is not read to its end, no time that passes counts, nothing is missed and nothing is over', () => {
  const options = alertingOptions([{ name: 'step_stalled', for_seconds: 30 }]);
  const pending = new Story(options).usual(60);
  for (const task of ['a', 'b', 'c']) pending.start(task).stalled(task, 'update_inventory');
  pending.behind(600);
  assert.deepEqual(pending.said, [], 'pending: its time is judged when it is known to hold still');
  assert.deepEqual(pending.wait(1).said, ['triggered step_stalled update_inventory']);

  const firing = new Story().usual(60);
  for (const task of ['a', 'b', 'c']) firing.start(task).stalled(task, 'update_inventory');
  firing.behind(1);
  for (let number = 0; number < 60; number += 1) firing.checkout(`well-${number}`).behind(1);
  assert.deepEqual(
    firing.said,
    ['triggered step_stalled update_inventory'],
    'firing: well again as far as is read, and not over yet',
  );
  assert.equal(firing.wait(1).said.at(-1), 'resolved step_stalled update_inventory');

  const silent = new Story().usual(300).behind(900);
  assert.deepEqual(silent.said, [], 'what was not read is not absent');
  for (let number = 0; number < 900; number += 1) silent.checkout(`read-${number}`);
  assert.deepEqual(silent.wait(5).said, []);
});

test('no text of a template, an event or an error that is not let out is in what is said', () => {
  const secret = 'hunter2';
  const story = new Story().usual(60);
  for (const task of ['a', 'b', 'c']) {
    story.start(task, { customer_tier: 'premium', note: secret, 'card.number': secret });
    story.failedForGood(task, 'process_payment', 'exhausted', { type: 'ServiceError', status: 502, message: secret });
  }
  story.breached('d', 'process_payment').wait(120);
  assert.ok(story.facts.length > 0);
  assert.ok(!JSON.stringify(story.facts).includes(secret));
});

test('while nothing happens nothing is to be saved; while anything is open or pending, it is', () => {
  const story = new Story(alertingOptions([{ name: 'step_slow', for_seconds: 30 }])).usual(60, 0.5).wait(1);
  assert.equal(story.alerting.tick(startMs + 60_000), false);
  for (const task of ['a', 'b', 'c']) story.start(task).stalled(task, 'update_inventory');
  assert.equal(story.alerting.tick(startMs + 61_000), true);
});
