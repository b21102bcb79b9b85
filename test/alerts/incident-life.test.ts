import assert from 'node:assert/strict';
import { test } from 'node:test';

import { alertingOptions, Story } from './story.ts';

const triggered = (story: Story): readonly string[] => story.said.filter((one) => one.startsWith('triggered'));

test('money at risk is an incident until it is at risk no longer, and has its part of what comes into trouble later', () => {
  const story = new Story(alertingOptions([{ name: 'error_ratio', enabled: false }])).usual(60);
  const tasks = Array.from({ length: 25 }, (_, number) => `risk-${number}`);
  for (const task of tasks) story.start(task).failed(task, 'process_payment');
  story.wait(60).start('later').failed('later', 'process_payment').wait(60).restart().wait(60);
  const last = story.facts.at(-1);
  assert.deepEqual(triggered(story), ['triggered revenue_at_risk']);
  assert.deepEqual([last?.kind, story.said.filter((one) => one.startsWith('resolved'))], ['triggered', []]);
  for (const task of tasks) story.completed(task);
  story.wait(2);
  const over = story.facts.at(-1);
  assert.equal(over?.kind, 'resolved');
  assert.deepEqual([over.incident.tasksHit, over.incident.atRisk], [26, { USD: 1000 }]);
});

test('that other customers are hit is told as such, though figures were told just before', () => {
  const story = new Story().usual(120);
  for (let second = 0; second < 60; second += 1) {
    for (const [index, region] of ['eu', 'us', 'eu', 'us'].entries()) {
      const task = `${second}-${index}`;
      if (region === 'eu' || second > 25) story.start(task, { region }).stalled(task, 'update_inventory');
      else story.checkout(task, { region });
    }
    story.wait(1);
  }
  const told: string[] = [];
  for (const fact of story.facts) {
    if (fact.kind === 'updated' && fact.changes.every((change) => change === 'figures')) continue;
    told.push(fact.incident.scope.map(({ values }) => values.join()).join() || 'everybody');
  }
  assert.equal(told.at(-1), 'everybody', told.join(' → '));
  assert.ok(told.includes('eu'), told.join(' → '));
});

test('a single task that failed at one step is not told as slowness of another', () => {
  const story = new Story().usual(260).start('one').failedForGood('one', 'process_payment');
  for (let number = 0; number < 40; number += 1) {
    const task = `slow-${number}`;
    story.start(task).done(task, 'process_payment').done(task, 'create_order', 4000).completed(task).wait(1);
  }
  assert.deepEqual(triggered(story), [
    'triggered retries_exhausted process_payment',
    'triggered step_slow create_order',
  ]);
  assert.ok(
    story.facts.every(({ incident }) => incident.policy !== 'retries_exhausted' || incident.step === 'process_payment'),
  );
});

test('that a step is well again is judged by its own attempts, not by those of another that was slow meanwhile', () => {
  const secondsUntilOver = (validationMs: number): number => {
    const story = new Story().usual(260);
    for (let number = 0; number < 20; number += 1) {
      const task = `t${number}`;
      story.start(task).done(task, 'validate_cart', validationMs).failed(task, 'process_payment').wait(1);
    }
    const endedAt = story.now;
    while (!story.said.some((one) => one.startsWith('resolved'))) story.checkout(`well-${story.now}`).wait(1);
    return story.now - endedAt;
  };
  assert.equal(secondsUntilOver(4000), secondsUntilOver(50));
});

test('a hang is over when new attempts are well, though those that hang never end', () => {
  const story = new Story().usual(120);
  const hung: { readonly task: string; readonly sinceSeconds: number }[] = [];
  const second = (isHanging: boolean): void => {
    for (let number = 0; number < 20; number += 1) {
      const task = `t${story.now}-${number}`;
      if (!isHanging) story.checkout(task);
      else hung.push({ task: (story.start(task), task), sinceSeconds: story.now });
    }
    while ((hung[0]?.sinceSeconds ?? Number.POSITIVE_INFINITY) + 10 <= story.now)
      story.stalled(hung.shift()?.task ?? '', 'update_inventory');
    story.wait(1);
  };
  while (story.now < 240) second(true);
  while (story.now < 280) second(false);
  const over = story.facts.at(-1);
  assert.deepEqual([over?.kind, triggered(story).length], ['resolved', 1]);
  assert.doesNotMatch(over?.incident.summary ?? '', /one attempt|attempts give/);
});

test('where many attempts fail, one that is silent does not make it a hang', () => {
  const story = new Story().usual(120).start('silent').wait(10).stalled('silent', 'process_payment');
  for (let number = 0; number < 120; number += 1)
    story.start(`t${number}`).failed(`t${number}`, 'process_payment').wait(1);
  const { policy, cause } = story.facts.at(-1)?.incident ?? {};
  assert.deepEqual([policy, cause], ['error_ratio', 'connection']);
});

test('while the log is not read to its end, a condition that breaks off has not held all the time', () => {
  const failing = (story: Story, name: string): Story => {
    for (let number = 0; number < 9; number += 1)
      story.start(`${name}-${number}`).failed(`${name}-${number}`, 'process_payment');
    return story;
  };
  const behind = (goodOnes: number): Story => {
    const story = failing(new Story(alertingOptions([{ name: 'error_ratio', for_seconds: 30 }])).usual(120), 'first');
    for (let number = 0; number < goodOnes; number += 1) story.checkout(`good-${number}`).behind(0.1);
    return failing(story.behind(40 - goodOnes / 10), 'again');
  };
  assert.deepEqual(behind(200).wait(1).said, [], 'it was well in between');
  assert.deepEqual(behind(0).said, [], 'not before the log is read to its end');
  assert.deepEqual(behind(0).wait(1).said, ['triggered error_ratio process_payment']);
  assert.deepEqual(behind(200).wait(32).said, ['triggered error_ratio process_payment']);
});

test('a failure at another step, of a task that was never hit, is told also just after an incident', () => {
  const story = new Story().usual(120);
  for (let number = 0; number < 10; number += 1) story.start(`t${number}`).failed(`t${number}`, 'create_order').wait(1);
  while (!story.said.some((one) => one.startsWith('resolved'))) story.checkout(`well-${story.now}`).wait(1);
  story.wait(20).failedForGood('t3', 'process_payment').breached('t4', 'validate_cart');
  assert.deepEqual(triggered(story), ['triggered error_ratio create_order'], 'what it has hit is its own');
  story.start('other').breached('other', 'process_payment');
  assert.deepEqual(triggered(story), ['triggered error_ratio create_order'], 'and so is what was held up');
  story.start('dear', { customer_tier: 'premium' }).failedForGood('dear', 'process_payment', 'permanent');
  assert.deepEqual(triggered(story).slice(1), ['triggered high_value_failure process_payment']);
});
