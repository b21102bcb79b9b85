import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { currencyCode, minorUnits } from './minor-units.ts';

test('major units become minor ones by their currency', () => {
  assert.deepEqual(
    [minorUnits(129.97, 'major', 'USD'), minorUnits(1500, 'major', 'JPY'), minorUnits('1.234', 'major', 'KWD')],
    [12_997, 1500, 1234],
  );
  assert.equal(minorUnits(1.005, 'major', 'XXQ'), 101, 'a currency that nobody knows has two digits');
});

test('every amount of cents that is told in dollars is found again to the cent', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (cents) => {
      assert.equal(minorUnits(Number((cents / 100).toFixed(2)), 'major', 'EUR'), cents);
      assert.equal(minorUnits(cents, 'minor', 'EUR'), cents);
    }),
  );
});

test('what is no amount is none', () => {
  for (const value of [undefined, null, '', 'a lot', true, Number.NaN, Number.POSITIVE_INFINITY, {}, 1e300, -1])
    assert.equal(minorUnits(value, 'minor', 'EUR'), null);
});

test('a currency is three letters, the default, or unknown', () => {
  assert.deepEqual(
    [
      currencyCode('eur', 'USD'),
      currencyCode(undefined, 'USD'),
      currencyCode('dollars', 'USD'),
      currencyCode(7, 'USD'),
    ],
    ['EUR', 'USD', 'unknown', 'unknown'],
  );
});
