import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import type { LoggedEvent } from '../../src/index.ts';
import { Baseline } from '../../src/lab/baseline/baseline.ts';
import { baselineRules } from '../../src/lab/baseline/rules.ts';
import { Chance } from '../../src/lab/world/chance.ts';
import { noPrometheus } from './start-prometheus.ts';

const endSeconds = 2700;
const scrapes = endSeconds / 15;

interface Happened {
  readonly at: number;
  readonly name: string;
  readonly step?: string;
  readonly durationMs?: number;
  readonly tier?: string;
}

/** Good for a while, then calls take 40 s and half of the tasks fail, then good again. */
function history(): readonly Happened[] {
  const chance = new Chance(7);
  const all: Happened[] = [];
  for (let at = 1; at < endSeconds - 60; at += chance.exponential(0.4)) {
    const isBad = at > 700 && at < 1500;
    all.push({ at, name: 'task.initialize_requested' });
    const durationMs = isBad ? 20_000 + 40_000 * chance.next() : 500 * chance.next();
    const end = at + durationMs / 1000;
    all.push({ at: end, name: isBad ? 'step.failed' : 'step.completed', step: 'pay', durationMs });
    const tier = chance.next() < 0.02 ? 'premium' : 'standard';
    all.push({ at: end + 0.01, name: isBad && chance.next() < 0.5 ? 'task.failed' : 'task.completed', tier });
  }
  return all.toSorted((a, b) => a.at - b.at);
}

/** What each counter stands at when it is scraped. */
function scraped(events: readonly Happened[], amount: (event: Happened) => number): readonly number[] {
  return Array.from({ length: scrapes }, (_unused, index) =>
    events.filter(({ at }) => at < index * 15).reduce((sum, event) => sum + amount(event), 0),
  );
}

const of = (name: string) => (event: Happened) => (event.name === name ? 1 : 0);
const ended = ({ name, step }: Happened): boolean => step !== undefined && name.startsWith('step.');

test(
  'promtool evaluates the baseline\u2019s rules over the same series as the lab does',
  { skip: noPrometheus },
  (t) => {
    const events = history();
    const baseline = new Baseline([{ namespace: 'shop', name: 'checkout', steps: [{ name: 'pay' }] }], 0);
    for (const { at, name, step = null, durationMs, tier } of events)
      baseline.take({
        name,
        occurredAt: Math.round(at * 1000),
        namespace: 'shop',
        taskName: 'checkout',
        step,
        business: { customer_tier: tier },
        payload: { durationMs },
      } as unknown as LoggedEvent);
    baseline.advanceTo(endSeconds * 1000);
    const turns = baseline.received.flatMap(({ atMs, notice }) =>
      notice.kind === 'summary' ? [] : [{ at: atMs / 1000, kind: notice.kind, rule: notice.incident.policy }],
    );
    for (const { name } of baselineRules)
      assert.ok(
        turns.some(({ rule, kind }) => rule === name && kind === 'resolve'),
        `${name} fires and ends`,
      );

    const task = { namespace: 'shop', task: 'checkout' };
    const rounded = events.map((event) => ({ ...event, at: Math.round(event.at * 1000) / 1000 }));
    const series: readonly (readonly [metric: string, amount: (event: Happened) => number])[] = [
      ['tasker_business_tasks_started_total{namespace="shop",task="checkout"}', of('task.initialize_requested')],
      ['tasker_business_conversions_total{namespace="shop",task="checkout"}', of('task.completed')],
      [
        'lab_premium_failures_total{namespace="shop",task="checkout"}',
        (event) => (event.name === 'task.failed' && event.tier === 'premium' ? 1 : 0),
      ],
      [
        'tasker_step_duration_seconds_sum{namespace="shop",task="checkout",step="pay"}',
        (event) => (ended(event) ? (event.durationMs ?? 0) / 1000 : 0),
      ],
      [
        'tasker_step_duration_seconds_count{namespace="shop",task="checkout",step="pay"}',
        (event) => (ended(event) ? 1 : 0),
      ],
    ];
    const isFiring = (rule: string, at: number): boolean =>
      turns.findLast((turn) => turn.rule === rule && turn.at <= at)?.kind === 'trigger';
    const folder = mkdtempSync(join(tmpdir(), 'tasker-lab-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const rules = baselineRules.map(({ name, expr, forSeconds }) => ({ alert: name, expr, for: `${forSeconds}s` }));
    writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups: [{ name: 'lab', interval: '15s', rules }] }));
    const tests = {
      rule_files: ['rules.json'],
      evaluation_interval: '15s',
      tests: [
        {
          interval: '15s',
          input_series: series.map(([metric, amount]) => ({
            series: metric,
            values: scraped(rounded, amount).join(' '),
          })),
          alert_rule_test: baselineRules.flatMap(({ name }) =>
            Array.from({ length: scrapes }, (_unused, index) => ({
              eval_time: `${index * 15}s`,
              alertname: name,
              exp_alerts: isFiring(name, index * 15)
                ? [{ exp_labels: name === 'StepSlow' ? { ...task, step: 'pay' } : task }]
                : [],
            })),
          ),
        },
      ],
    };
    writeFileSync(join(folder, 'tests.json'), JSON.stringify(tests));
    execFileSync('promtool', ['test', 'rules', join(folder, 'tests.json')], { stdio: 'pipe' });
  },
);
