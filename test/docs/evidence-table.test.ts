import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { type RateRule, RateWatch } from '../../src/subscribers/alert-generation/evidence/rate-watch.ts';
import { Recovery } from '../../src/subscribers/alert-generation/incidents/recovery.ts';
import { resolvePolicies } from '../../src/subscribers/alert-generation/policies/resolve-policies.ts';
import { rulesOf } from '../../src/subscribers/alert-generation/evidence/step-rules.ts';

const guide = readFileSync(new URL('../../docs/alerting.md', import.meta.url), 'utf8');
const rules = rulesOf(resolvePolicies([]), 'shop', 'checkout', 'pay');
const ruleOf: Readonly<Record<string, RateRule>> = {
  stalls: rules.stalled,
  failures: rules.failed,
  slowness: rules.slow,
};

/** So many attempts that went as usual, evenly. */
function past(share: number, rule: RateRule): RateWatch {
  const watch = new RateWatch();
  for (let attempt = 1; attempt <= 10_000; attempt += 1)
    watch.add(Math.floor(attempt * share) > Math.floor((attempt - 1) * share), attempt, rule);
  watch.clear();
  return watch;
}

function hitsUntilItSpeaks(watch: RateWatch, rule: RateRule): number {
  let hits = 0;
  for (; watch.evidence < rule.evidence; hits += 1) watch.add(true, hits, rule);
  return hits;
}

/** What one attempt adds or takes. */
function step(share: number, rule: RateRule, isHit: boolean): number {
  const watch = past(share, rule);
  watch.add(true, 1, rule);
  const before = watch.evidence;
  watch.add(isHit, 2, rule);
  return watch.evidence - before;
}

const row = /^\| (\w+): (none|[\d.]+ %) \| ([\d.]+) % \| [\d.]+ % \| (\d+) \| below (\d+) % \|$/gm;
const rows = [...guide.matchAll(row)];

test('the guide says rightly how much must go wrong before an alert speaks', () => {
  assert.equal(rows.length, 6);
  for (const [line, kind = '', before = '', usual, inARow, below] of rows) {
    const rule = ruleOf[kind];
    assert.ok(rule !== undefined, line);
    const share = before === 'none' ? 0 : Number.parseFloat(before) / 100;
    const watch = past(share, rule);
    assert.equal((watch.usual(rule) * 100).toFixed(1).replace('.0', ''), usual, line);
    assert.equal(hitsUntilItSpeaks(watch, rule), Number(inARow), line);
    const [up, down] = [step(share, rule, true), -step(share, rule, false)];
    assert.equal(Math.round((down / (up + down)) * 100), Number(below), line);
  }
});

test('the guide says rightly how many failures in a row speak where there is no past', () => {
  const [, inARow] = /No past: failures need (\d+) in a row/.exec(guide) ?? [];
  assert.equal(hitsUntilItSpeaks(new RateWatch(), rules.failed), Number(inARow));
});

test('the guide says rightly how many good attempts end an incident', () => {
  const [, ofAll, ofHalf] = /That is (\d+) good attempts where all were hit, (\d+) where half were/.exec(guide) ?? [];
  for (const [every, expected] of [
    [1, ofAll],
    [2, ofHalf],
  ] as const) {
    const recovery = new Recovery();
    const seen = Array.from({ length: 40 }, (_, index) => ({ beganMs: index, isHit: index % every === 0 }));
    recovery.begin(seen, 0);
    let good = 0;
    for (; !recovery.isOver(1_000_000); good += 1) recovery.seen(1000 + good, false, 0.02);
    assert.equal(good, Number(expected));
  }
});
