import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { nearestName, suggestion } from './nearest-name.ts';

const known = ['depends_on_step', 'depends_on_steps', 'handler_config', 'name', 'timeout_seconds'];

describe('nearestName', () => {
  it('finds a name with letters lost, added, replaced or swapped', () => {
    assert.equal(nearestName('depends_on_stps', known), 'depends_on_steps');
    assert.equal(nearestName('handler_configg', known), 'handler_config');
    assert.equal(nearestName('nane', known), 'name');
    assert.equal(nearestName('anme', known), 'name');
  });

  it('takes camel case, capitals and dashes for the same name', () => {
    assert.equal(nearestName('timeoutSeconds', known), 'timeout_seconds');
    assert.equal(nearestName('HANDLER-CONFIG', known), 'handler_config');
  });

  it('suggests nothing for a word that is far from all', () => {
    assert.equal(nearestName('colour', known), undefined);
    assert.equal(nearestName('xy', known), undefined);
    assert.equal(nearestName('b', ['a', 'c']), undefined);
    assert.equal(nearestName('', known), undefined);
  });

  it('keeps to a distance that is given', () => {
    assert.equal(nearestName('timeout_secs', known, 2), undefined);
    assert.equal(nearestName('timeout_second', known, 2), 'timeout_seconds');
  });

  it('compares words of any length quickly', () => {
    assert.equal(nearestName('a'.repeat(1_000_000), ['b'.repeat(1_000_000)]), undefined);
  });

  it('words the suggestion, or says nothing', () => {
    assert.equal(suggestion('nam', known), "; did you mean 'name'?");
    assert.equal(suggestion('colour', known), '');
  });
});
