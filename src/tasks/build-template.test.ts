import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { loadTemplate } from './load-template.ts';
import type { StepTemplate, TaskTemplate } from './template.ts';

function template(text: string): TaskTemplate {
  const { template: loaded, problems } = loadTemplate({ text, file: 't.yaml' }, { strict: true });
  assert.deepEqual(problems, []);
  return loaded ?? assert.fail();
}

function step(config: string): StepTemplate {
  const text = `name: t\nstep_templates:\n  - name: a\n    handler_config: ${config}\n`;
  return template(text).steps[0] ?? assert.fail();
}

describe('a template', () => {
  it('that says nothing more than it must has the defaults of Tasker', () => {
    assert.deepEqual(template('name: t\nstep_templates: [{ name: a }]\n'), {
      namespace: 'default',
      name: 't',
      version: '0.1.0',
      description: '',
      taskHandlerClass: null,
      moduleNamespace: null,
      concurrent: true,
      schema: null,
      configuration: {},
      customEvents: [],
      handlerConfig: {},
      businessContext: [],
      businessMetrics: {},
      monitoring: { slaMs: null, criticalWorkflow: false, alertOnFailure: false },
      steps: [
        {
          name: 'a',
          description: 'a',
          dependentSystem: 'unknown',
          dependsOn: [],
          retryable: true,
          retryLimit: 3,
          skippable: false,
          handlerClass: 'a',
          handlerConfig: {},
          results: [],
          customEvents: [],
          timeoutMs: null,
          backoff: { kind: 'exponential', baseMs: 2000, maxMs: 30_000, multiplier: 2, jitter: 0.1 },
          slaMs: null,
          stallMs: 30_000,
        },
      ],
    });
  });

  it('takes a key without a value for one that is not there', () => {
    const bare = 'name: t\nstep_templates: [{ name: a }]\n';
    const empty =
      'name: t\nschema:\ncustom_events:\nenvironments:\nstep_templates: [{ name: a, depends_on_step: ~ }]\n';
    assert.deepEqual(template(empty), template(bare));
  });

  it('is frozen through and through', () => {
    const { steps, handlerConfig } = template('name: t\nhandler_config: { a: [1] }\nstep_templates: [{ name: a }]\n');
    for (const part of [steps, steps[0], steps[0]?.backoff, handlerConfig, handlerConfig['a']]) {
      assert.ok(Object.isFrozen(part));
    }
  });

  it('waits for what both keys name, each step once', () => {
    const text =
      'name: t\nstep_templates: [{ name: a }, { name: b }, { name: c, depends_on_step: b, depends_on_steps: [a, b, a] }]\n';
    assert.deepEqual(template(text).steps[2]?.dependsOn, ['b', 'a']);
  });

  it('counts a stall from half of the timeout, but never from more than 30 seconds', () => {
    const stalls = (timeout: number | string): number => step(`{ timeout_seconds: ${timeout} }`).stallMs;
    assert.deepEqual(
      [stalls(10), stalls(0.5), stalls(60), stalls(61), stalls(600)],
      [5000, 250, 30_000, 30_000, 30_000],
    );
    assert.equal(step('{ timeout_seconds: 10, monitoring: { stall_seconds: 7.25 } }').stallMs, 7250);
  });

  it('takes fractions of seconds', () => {
    const { timeoutMs, slaMs, backoff } = step(
      '{ timeout_seconds: 2.5, monitoring: { sla_seconds: .75 }, retry_backoff: { base_seconds: 0.1, max_seconds: 1.5 } }',
    );
    assert.deepEqual([timeoutMs, slaMs, backoff.baseMs, backoff.maxMs], [2500, 750, 100, 1500]);
  });

  it('takes a backoff as a word or with particulars', () => {
    const usual = { kind: 'exponential', baseMs: 2000, maxMs: 30_000, multiplier: 2, jitter: 0.1 };
    for (const kind of ['exponential', 'linear', 'constant'] as const) {
      assert.deepEqual(step(`{ retry_backoff: ${kind} }`).backoff, { ...usual, kind });
    }
    assert.deepEqual(step('{ retry_backoff: fixed }').backoff, { ...usual, kind: 'constant' });
    assert.deepEqual(
      step('{ retry_backoff: { kind: linear, base_seconds: 1, max_seconds: 9, multiplier: 3, jitter: 0 } }').backoff,
      { kind: 'linear', baseMs: 1000, maxMs: 9000, multiplier: 3, jitter: 0 },
    );
  });

  it('takes metrics in their complete form, `on` with or without quotes', () => {
    const metric = (on: string): string =>
      `{ name: failures_total, ${on}: failed, labels: { region: context.region } }`;
    const text = (on: string): string => `
name: t
handler_config:
  business_context: [order_value, region]
  business_metrics:
    track_revenue: true
    track_conversion: yes
    customer_tier_tracking: true
    value: order_value
    value_unit: minor
    currency: currency
    labels: [customer_tier, region]
    counters: [${metric(on)}]
    histograms: [{ name: order_seconds, value: duration }]
  monitoring: { sla_seconds: 45, critical_workflow: true, alert_on_failure: true, bottleneck_seconds: 5 }
step_templates:
  - name: a
    handler_config:
      results: [amount, method]
      business_metrics:
        counters: [${metric(on)}, { name: tries_total, ${on}: attempt }]
        histograms: [{ name: pay_seconds, value: duration, labels: { method: results.method } }]
      monitoring: { bottleneck_seconds: 5 }
`;
    const { businessMetrics, steps } = template(text('on'));
    const counter = { name: 'failures_total', on: 'failed', labels: { region: 'context.region' } };
    assert.deepEqual(businessMetrics['counters'], [counter]);
    assert.deepEqual(steps[0]?.handlerConfig['business_metrics'], {
      counters: [counter, { name: 'tries_total', on: 'attempt' }],
      histograms: [{ name: 'pay_seconds', value: 'duration', labels: { method: 'results.method' } }],
    });
    assert.deepEqual(template(text("'on'")), template(text('on')));
  });
});
