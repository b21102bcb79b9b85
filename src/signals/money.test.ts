import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moneyInWords, moneyText } from './money.ts';

test('an amount has as many digits after the point as its currency', () => {
  assert.deepEqual(
    [
      moneyText(4_821_000, 'USD'),
      moneyText(1200, 'JPY'),
      moneyText(1234, 'KWD'),
      moneyText(-5, 'EUR'),
      moneyText(Number.MAX_SAFE_INTEGER, 'USD'),
    ],
    ['$48,210.00', '¥1,200', 'KWD 1.234', '-€0.05', '$90,071,992,547,409.91'],
  );
});

test('what is no currency, or no whole amount, is told as it is', () => {
  assert.equal(moneyText(120, 'unknown'), '120 minor units of unknown');
  assert.equal(moneyText(Number.NaN, 'EUR'), 'NaN minor units of EUR');
});

test('several currencies come in a steady order, and what is nothing is left out', () => {
  assert.equal(moneyInWords({ USD: 4_821_000, EUR: 120_000, JPY: 0 }), '€1,200.00 and $48,210.00');
  assert.equal(moneyInWords({ USD: 1, EUR: 1, GBP: 1 }), '€0.01, £0.01 and $0.01');
  assert.equal(moneyInWords({ USD: 0 }), '');
});
