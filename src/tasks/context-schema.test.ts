import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isTaskerError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { compileContextSchema } from './context-schema.ts';

function compile(schema: JsonObject | null) {
  return compileContextSchema({ namespace: 'shop', name: 'checkout', version: '1.0.0', schema });
}

function problems(schema: JsonObject, context: unknown): string[] {
  const checked = compile(schema)(context);
  return checked.ok ? [] : checked.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('compileContextSchema', () => {
  it('fills defaults into a copy', () => {
    const given = { customer: {} };
    const tier = { type: 'string', default: 'standard' };
    const checked = compile({ type: 'object', properties: { tier, customer: { properties: { tier } } } })(given);
    assert.deepEqual(checked, { ok: true, context: { tier: 'standard', customer: { tier: 'standard' } } });
    assert.deepEqual(given, { customer: {} });
  });

  it('says path, what was expected and the type that came', () => {
    const schema = {
      type: 'object',
      required: ['id'],
      additionalProperties: false,
      properties: {
        id: { type: 'integer' },
        mail: { type: 'string', format: 'email' },
        tier: { enum: ['gold', 'standard'] },
        items: { type: 'array', items: { properties: { count: { type: 'integer', minimum: 1 } } } },
      },
    };
    const context = { mail: 'nobody', tier: 'silver', items: [{ count: 1 }, { count: 0 }, { count: 'two' }], extra: 1 };
    assert.deepEqual(problems(schema, context).sort(), [
      'extra: expected no such field',
      'id: required, but missing',
      'items[1].count: must be >= 1, got integer',
      'items[2].count: expected integer, got string',
      'mail: expected a string of format email, got another string',
      'tier: expected one of ["gold","standard"], got another string',
    ]);
  });

  it('never repeats a value', () => {
    const secret = 'sk_live_4242';
    const fields = ['type', 'enum', 'const', 'pattern', 'format', 'maxLength', 'not', 'anyOf', 'propertyNames', 'if'];
    const schema: JsonObject = {
      properties: {
        type: { type: 'integer' },
        enum: { enum: ['x'] },
        const: { const: 'x' },
        pattern: { pattern: '^x$' },
        format: { format: 'email' },
        maxLength: { maxLength: 1 },
        not: { not: {} },
        anyOf: { anyOf: [{ type: 'integer' }, { maxLength: 2 }] },
        if: JSON.parse('{ "if": {}, "then": { "const": 1 } }'),
      },
    };
    const said = problems(schema, Object.fromEntries(fields.map((field) => [field, secret])));
    assert.ok(said.length >= 9);
    assert.doesNotMatch(said.join('\n'), /4242/);
  });

  it('takes a JSON object and nothing else, with or without a schema', () => {
    assert.deepEqual(compile(null)({ a: [1] }), { ok: true, context: { a: [1] } });
    for (const [given, type] of [
      [null, 'null'],
      [[], 'array'],
      ['x', 'string'],
      [1, 'integer'],
      [undefined, 'undefined'],
    ] as const) {
      const expected = { ok: false, problems: [{ path: 'context', message: `expected an object, got ${type}` }] };
      assert.deepEqual(compile(null)(given), expected);
      assert.deepEqual(compile({ type: 'object' })(given), expected);
    }
    assert.equal(compile(null)(new Map()).ok, false);
    assert.equal(compile(null)({ f: () => 1 }).ok, false);
  });

  it('reads draft 4 as Ruby does: exclusive bounds, tuples, any type', () => {
    const draft4 = {
      $schema: 'http://json-schema.org/draft-04/schema#',
      id: 'http://example.com/order',
      properties: {
        amount: { type: 'number', minimum: 0, exclusiveMinimum: true },
        pair: { items: [{ type: 'string' }, { type: 'integer' }], additionalItems: false },
        free: { type: 'any' },
      },
    };
    assert.deepEqual(problems(draft4, { amount: 1, pair: ['a', 1], free: [] }), []);
    assert.deepEqual(problems(draft4, { amount: 0 }), ['amount: must be > 0, got integer']);
    assert.deepEqual(problems(draft4, { pair: ['a', 'b'] }), ['pair[1]: expected integer, got string']);
    assert.equal(problems(draft4, { pair: ['a', 1, 2] }).length, 1);
  });

  it('takes the patterns that Ruby takes', () => {
    const schema = { properties: { phone: { pattern: '\\A[+]?[0-9-\\s()]+\\z' } } };
    assert.deepEqual(problems(schema, { phone: '+49 (30) 12-34' }), []);
    assert.equal(problems(schema, { phone: 'call me' }).length, 1);
  });

  it("checks at once even where the schema carries the validator's own $async", () => {
    assert.deepEqual(problems({ $async: true, required: ['x'] }, {}), ['x: required, but missing']);
  });

  it('does not take what every object has for a field', () => {
    const schema = { required: ['toString'], properties: { constructor: { type: 'string' } } };
    assert.deepEqual(problems(schema, {}), ['toString: required, but missing']);
  });

  it('compiles schemas with the same $id for two templates', () => {
    compile({ $id: 'https://example.com/a', type: 'object' });
    compile({ $id: 'https://example.com/a', type: 'object', required: ['x'] });
  });

  it('throws when a stored schema cannot be compiled', () => {
    assert.throws(
      () => compile({ $ref: '#/nowhere' }),
      (error) => isTaskerError(error, 'TASKER_TEMPLATE_INVALID') && /shop\.checkout@1\.0\.0/.test(error.message),
    );
  });
});
