import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { readPlainScalar } from './psych-scalar.ts';

function reads(...pairs: readonly (readonly [string, string | number | boolean | null])[]): void {
  for (const [text, value] of pairs) assert.equal(readPlainScalar(text), value, text);
}

describe('an unquoted scalar, as Psych reads it', () => {
  it('is a boolean for yes, no, on, off, true and false in any case', () => {
    reads(['yes', true], ['Yes', true], ['YES', true], ['on', true], ['True', true], ['no', false], ['OFF', false]);
  });

  it('stays a string for a bare y or n', () => {
    reads(['y', 'y'], ['n', 'n'], ['Y', 'Y'], ['yess', 'yess']);
  });

  it('is null for nothing, a tilde and null', () => {
    reads(['', null], ['~', null], ['null', null], ['NULL', null]);
  });

  it('is an integer in base 10, 8, 16 and 2', () => {
    reads(['12', 12], ['-3', -3], ['+4', 4], ['1_000', 1000], ['12,345', 12_345]);
    reads(['0755', 493], ['-0x1F', -31], ['0b101', 5], ['0', 0], ['0,7', 7]);
  });

  it('stays a string when it only looks like a number', () => {
    reads(['08', '08'], ['1e3', '1e3'], ['1.0.0', '1.0.0'], ['.', '.'], ['12a', '12a'], ['0xZ', '0xZ']);
    reads(['0o17', '0o17'], ['0X1F', '0X1F'], ['0_', '0_'], ['0x_', '0x_'], ['.e+3', '.e+3']);
  });

  it('is a float with a point', () => {
    reads(['1.5', 1.5], ['.5', 0.5], ['1.', 1], ['1.5e+3', 1500], ['-2.25', -2.25], ['.inf', Infinity]);
    assert.ok(Number.isNaN(readPlainScalar('.NaN')));
  });

  it('weighs base 60 as Ruby does: two parts are hours and minutes', () => {
    reads(['1:30:00', 5400], ['1:30', 5400], ['22:22', 80_520], ['1:00.5', 3630]);
    reads(['1:99', '1:99'], ['a:b', 'a:b']);
  });

  it('is a string for a symbol, a date and a class name', () => {
    reads([':gold', 'gold'], [':"two words"', 'two words'], ['2024-01-31', '2024-01-31']);
    reads(['Shop::PayHandler', 'Shop::PayHandler'], [':', ':']);
  });
});
