import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';

import { checkoutSteps, customerTiers, paymentMethods, regions } from '../checkout-context.ts';
import { serviceNames } from '../service-urls.ts';
import { parseFault } from '../services/fault.ts';
import { incidents } from './incidents.ts';
import { faultText } from './trouble.ts';

interface Step {
  readonly name: string;
  readonly dependent_system: string;
  readonly handler_config: { readonly monitoring: { readonly stall_seconds: number } };
}

const file = readFileSync(new URL('../config/monitored_checkout_handler.yaml', import.meta.url), 'utf8');
const { step_templates: steps } = parse(file, { version: '1.1' }) as { readonly step_templates: readonly Step[] };

/** What a fault can be for, and the values there are. */
const selectors: Readonly<Record<string, readonly string[]>> = {
  customer_tier: customerTiers,
  region: regions,
  payment_method: paymentMethods,
};

describe('the incidents', () => {
  it('are those that are promised', () => {
    assert.deepEqual(
      incidents.map(({ name }) => name),
      [
        'inventory-hang',
        'payment-errors',
        'slow-orders',
        'premium-only',
        'one-region',
        'mail-down',
        'worker-crash',
        'bad-deploy',
      ],
    );
  });

  for (const { name, shows, otherwise, trouble, usualDay = {}, truth, seconds, firstSign } of incidents) {
    const faults = { ...usualDay, ...(trouble.kind === 'faults' && trouble.faults) };

    it(`${name} says what it shows, and asks the services for faults that they know`, () => {
      for (const text of [shows, otherwise]) assert.match(text, /^\S.*\.$/);
      for (const [service, fault] of Object.entries(faults)) {
        assert.ok((serviceNames as readonly string[]).includes(service), service);
        assert.equal(parseFault(fault), fault);
        for (const [field, value] of Object.entries(fault.match ?? {})) {
          assert.ok(selectors[field]?.includes(String(value)), `${field} ${String(value)}`);
        }
      }
    });

    it(`${name} names as its truth a step that calls the service in trouble, and those that the fault is for`, () => {
      if (truth.step === null) return assert.equal(trouble.kind, 'crash');
      assert.ok(checkoutSteps.includes(truth.step));
      if (trouble.kind !== 'faults') return;
      const system = steps.find((step) => step.name === truth.step)?.dependent_system ?? '';
      assert.deepEqual(Object.keys(trouble.faults), [system]);
      const [fault] = Object.values(trouble.faults);
      const scope = truth.scope === null ? undefined : { [truth.scope.field]: truth.scope.values[0] };
      assert.deepEqual(fault?.match, scope);
    });

    it(`${name} lasts long enough to show itself`, () => {
      const step = steps.find((one) => one.name === truth.step);
      const stallSeconds = step?.handler_config.monitoring.stall_seconds ?? 0;
      if (firstSign.kind === 'stalled') assert.ok(seconds >= stallSeconds + 10);
      if (firstSign.kind === 'slow') assert.ok(firstSign.slowMs < 1000 * stallSeconds, 'it would stall instead');
    });
  }
});

describe('a fault in words', () => {
  it('says what happens to which calls', () => {
    assert.equal(faultText({ hang: true }), 'calls are never answered, and its health check stays green');
    assert.equal(
      faultText({ errorRate: 0.6, match: { customer_tier: 'premium', region: ['uk', 'us-east'] } }),
      '60 % of the calls fail with 503, of customer_tier premium and region uk, us-east alone',
    );
    assert.equal(
      faultText({ latencyMs: 2500, errorRate: 1, status: 500 }),
      '100 % of the calls fail with 500, answers take 2.5 s longer',
    );
  });
});
