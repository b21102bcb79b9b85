import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { createHandlers } from '../handlers/create-handlers.ts';
import { startServices } from '../services/start-services.ts';
import { aCheckout, stepContext } from '../test-support/step-context.ts';
import { checkoutContexts } from '../traffic.ts';

interface Step {
  readonly name: string;
  readonly handler_class: string;
  readonly handler_config: {
    readonly results: readonly string[];
    readonly timeout_seconds: number;
    readonly monitoring: { readonly sla_seconds: number; readonly stall_seconds: number };
  };
}

interface Template {
  readonly named_steps: readonly string[];
  readonly schema: object;
  readonly handler_config: {
    readonly business_context: readonly string[];
    readonly monitoring: { readonly sla_seconds: number };
  };
  readonly step_templates: readonly Step[];
}

const file = readFileSync(new URL('monitored_checkout_handler.yaml', import.meta.url), 'utf8');
const template = parse(file, { version: '1.1', merge: true }) as Template;

/** Every reference to a field in the business metrics of a level, such as `results.amount`. */
function references(level: unknown, source: 'context' | 'results'): string[] {
  return [...JSON.stringify(level).matchAll(new RegExp(`"${source}\\.([^"]+)"`, 'g'))].map(([, field]) =>
    String(field),
  );
}

describe('the template', () => {
  it('has the steps that it names, and a handler for each', () => {
    const handlers = createHandlers({ payments: '', inventory: '', orders: '', mail: '' });
    assert.deepEqual(
      template.step_templates.map((step) => step.name),
      template.named_steps,
    );
    assert.deepEqual(
      template.step_templates.map((step) => step.handler_class),
      Object.keys(handlers),
    );
  });

  it('accepts all traffic, and stores the tier that a request leaves out', () => {
    const validate = new Ajv({ useDefaults: true }).compile(template.schema);
    const traffic = checkoutContexts(1);
    for (let count = 0; count < 500; count += 1) {
      assert.equal(validate(traffic.next().value), true, JSON.stringify(validate.errors));
    }
    const { customer_tier: _, ...tierless } = aCheckout();
    const stored: Record<string, unknown> = { ...tierless };
    assert.equal(validate(stored), true);
    assert.equal(stored['customer_tier'], 'standard');
  });

  it('refuses a context that lacks a field, has one too many or counts money in fractions', () => {
    const validate = new Ajv().compile(template.schema);
    const { currency: _, ...lacking } = aCheckout();
    assert.equal(validate(lacking), false);
    assert.equal(validate({ ...aCheckout(), card_number: '4111' }), false);
    assert.equal(validate({ ...aCheckout(), order_value: 12.5 }), false);
  });

  it('lets only fields out that a checkout has, and none that names or pays for a person', () => {
    const known = new Set(Object.keys(aCheckout()));
    const out = template.handler_config.business_context;
    assert.deepEqual(
      out.filter((field) => !known.has(field)),
      [],
    );
    for (const kept of ['customer_email', 'payment_token', 'items']) assert.equal(out.includes(kept), false, kept);
  });

  it('names result fields that the handlers return', async () => {
    const services = await startServices({ baseLatencyMs: 0 });
    try {
      const handlers = new Map(Object.entries(createHandlers(services.urls)));
      for (const step of template.step_templates) {
        const returned = await handlers.get(step.handler_class)?.(stepContext());
        assert.deepEqual(Object.keys(returned ?? {}).toSorted(), step.handler_config.results.toSorted(), step.name);
      }
    } finally {
      await services.close();
    }
  });

  it('builds metrics only from fields that are let out', () => {
    const context = new Set(template.handler_config.business_context);
    for (const field of references(template, 'context')) assert.ok(context.has(field), field);
    assert.deepEqual(references(template.handler_config, 'results'), []);
    for (const { name, handler_config: config } of template.step_templates) {
      for (const field of references(config, 'results')) assert.ok(config.results.includes(field), `${name}: ${field}`);
    }
  });

  it('says a stall before it times out, and keeps the steps within the time of the task', () => {
    const steps = template.step_templates.map((step) => step.handler_config);
    for (const { monitoring, timeout_seconds } of steps) assert.ok(monitoring.stall_seconds < timeout_seconds);
    const sum = steps.reduce((seconds, { monitoring }) => seconds + monitoring.sla_seconds, 0);
    assert.equal(sum, template.handler_config.monitoring.sla_seconds);
  });

  it('has no key that YAML 1.1 reads as true or false', () => {
    assert.doesNotMatch(JSON.stringify(template), /"(?:true|false)":/);
  });
});
