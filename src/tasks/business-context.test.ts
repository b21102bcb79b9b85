import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { maxFieldBytes, pickFields } from './business-context.ts';

const source = {
  id: 7,
  tier: 'gold',
  nothing: null,
  customer: { email: 'a@b.c', 'x.y': 1 },
  items: [{ sku: 'A' }],
  'a.b': 2,
};

describe('pickFields', () => {
  it('takes the named fields and no others, keyed as written', () => {
    assert.deepEqual(pickFields(source, ['id', 'customer.email', 'items.0.sku', 'nothing']), {
      fields: { id: 7, 'customer.email': 'a@b.c', 'items.0.sku': 'A', nothing: null },
      omitted: [],
    });
  });

  it('leaves out what is not there', () => {
    assert.deepEqual(pickFields(source, ['gone', 'tier.gone', 'nothing.gone', 'items.5.sku', '']).fields, {});
  });

  it('finds a field whose own name has a dot', () => {
    assert.deepEqual(pickFields(source, ['a.b']).fields, { 'a.b': 2 });
  });

  it('never follows what a prototype or an array brings along', () => {
    const paths = [
      'constructor',
      '__proto__',
      'toString',
      'items.length',
      'tier.length',
      'constructor.name',
      'customer.__proto__',
    ];
    assert.deepEqual(pickFields(source, paths), { fields: {}, omitted: [] });
  });

  it('leaves out fields larger than the limit, and names them', () => {
    const fits = 'x'.repeat(maxFieldBytes - 2);
    const { fields, omitted } = pickFields({ fits, long: `${fits}x`, wide: 'ä'.repeat(600), deep: { list: [fits] } }, [
      'fits',
      'long',
      'wide',
      'deep',
    ]);
    assert.deepEqual(Object.keys(fields), ['fits']);
    assert.deepEqual(omitted, ['long', 'wide', 'deep']);
  });
});
