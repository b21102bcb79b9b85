import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { PolicyInput } from '../../src/subscribers/alert-generation/policies/policies.ts';
import { alertingOptions, Story } from './story.ts';

const without = (...names: readonly string[]): readonly PolicyInput[] =>
  names.map((name) => ({ name, enabled: false }));

test('a policy looks as far back as it says, whatever others of its kind ask for', () => {
  const hourly = {
    name: 'hourly',
    kind: 'revenue_lost' as const,
    window_seconds: 7200,
    limits: { USD: 9000 },
    orders: 1000,
  };
  const quiet = without('error_ratio', 'retries_exhausted', 'high_value_failure', 'conversion_drop', 'revenue_at_risk');
  const story = new Story(alertingOptions([...quiet, hourly, { name: 'revenue_lost', orders: 1000 }])).usual(60);
  for (let number = 0; number < 8; number += 1)
    story.start(`lost-${number}`).failedForGood(`lost-${number}`, 'process_payment').usual(30, 10);
  assert.deepEqual(story.said, []);
  story.start('lost-8').failedForGood('lost-8', 'process_payment');
  assert.deepEqual(story.said, ['triggered hourly process_payment']);
});

test('conversion within a long window and within a short one is each its own', () => {
  const quiet = without('error_ratio', 'retries_exhausted', 'high_value_failure', 'revenue_lost', 'revenue_at_risk');
  const said = (...policies: readonly PolicyInput[]): readonly string[] => {
    const story = new Story(alertingOptions([...quiet, ...policies])).usual(700, 5);
    // One in twenty, for an hour: within ten minutes that is little evidence.
    for (let number = 0; number < 700; number += 1) {
      if (number % 20 > 0) story.checkout(`t${number}`);
      else
        story
          .start(`t${number}`)
          .failedForGood(`t${number}`, 'process_payment', 'permanent', { type: 'PermanentError' });
      story.wait(5);
    }
    return story.facts.filter(({ kind }) => kind === 'triggered').map(({ incident }) => incident.policy);
  };
  const long = { name: 'long', kind: 'conversion_drop' as const, window_seconds: 3600, ratio: 0.96, evidence: 60 };
  assert.deepEqual(said(...without('conversion_drop'), long), ['long']);
  assert.deepEqual(said({ name: 'conversion_drop', evidence: 100 }, long), ['long']);
});

test('a policy that asks for much evidence gets it beside one that asks for little', () => {
  const strict = { name: 'strict', kind: 'error_ratio' as const, evidence: 3 };
  const story = new Story(alertingOptions([strict, { name: 'error_ratio', evidence: 30 }])).usual(60);
  for (let number = 0; number < 30; number += 1)
    story.start(`t${number}`).failed(`t${number}`, 'process_payment').wait(1);
  const { policy, joined } = story.facts.at(-1)?.incident ?? {};
  assert.deepEqual([policy, joined?.includes('error_ratio')], ['strict', true]);
});

test('what is of high value to one policy is not to another that asks for more', () => {
  const whale = { name: 'whale', kind: 'high_value_failure' as const, tiers: ['diamond'], orders: 1000 };
  const failing = (customer: object): readonly string[] => {
    const story = new Story(alertingOptions([...without('retries_exhausted'), { ...whale, severity: 'critical' }]));
    story
      .usual(60)
      .start('one', { ...customer })
      .failedForGood('one', 'process_payment');
    const { policy = '', joined = [], severity = '' } = story.facts.at(-1)?.incident ?? {};
    return [policy, ...joined, severity];
  };
  assert.deepEqual(failing({ customer_tier: 'premium' }), ['high_value_failure', 'error']);
  assert.deepEqual(failing({ customer_tier: 'diamond' }), ['whale', 'critical']);
});
