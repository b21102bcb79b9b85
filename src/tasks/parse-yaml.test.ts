import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { parseYaml } from './parse-yaml.ts';
import { locate, toJson } from './template-node.ts';
import { ProblemList } from './template-problem.ts';

function parse(text: string) {
  const problems = new ProblemList('t.yaml', false);
  const root = parseYaml(text, problems);
  const said = problems.all.map(({ severity, line, column, message }) => `${line}:${column} ${severity} ${message}`);
  return { root, value: root === null ? undefined : toJson(root), said };
}

/** Refused with one problem, at that place, whose message matches. */
function refuses(text: string, place: string, message: RegExp): void {
  const { root, said } = parse(text);
  assert.equal(root, null);
  assert.equal(said.length, 1, said.join('\n'));
  assert.ok(said[0]?.startsWith(`${place} error `), said[0]);
  assert.match(said[0] ?? '', message);
}

describe('parseYaml', () => {
  it('reads quoted and block scalars as strings, whatever they look like', () => {
    const { value } = parse('a: "yes"\nb: \'1\'\nc: |\n  12\nd: !!str 5\ne: !!int "5"\n');
    assert.deepEqual(value, { a: 'yes', b: '1', c: '12\n', d: '5', e: 5 });
  });

  it('reads as YAML 1.1 even where the file says 1.2', () => {
    assert.deepEqual(parse('%YAML 1.2\n---\na: yes\n').value, { a: true });
  });

  it('keeps keys as they are written, so that `on` is a key', () => {
    assert.deepEqual(parse('on: failed\n1: x\n:sym: y\n').value, { on: 'failed', 1: 'x', sym: 'y' });
  });

  it('follows anchors and merges', () => {
    const { value, said } = parse('base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nc:\n  <<: [*b, *m]\n  x: 9\n');
    assert.deepEqual(value, { base: { x: 1, y: 2 }, more: { y: 3, z: 4 }, c: { x: 9, y: 2, z: 4 } });
    assert.deepEqual(said, [], 'what is merged is there to be replaced');
  });

  it('lets a merge replace what stands above it, as Ruby does, and warns', () => {
    const { value, said } = parse('b: &b {x: 1}\nc:\n  x: 2\n  <<: *b\n');
    assert.deepEqual(value, { b: { x: 1 }, c: { x: 1 } });
    assert.deepEqual(said, ["4:3 warning '<<' replaces the key 'x' written above it, as in Ruby; put '<<' first"]);
  });

  it('merges nothing from an anchor that was left empty, and warns where it is merged', () => {
    const { value, said } = parse('b: &b\nc:\n  <<: *b\n  x: 2\n');
    assert.deepEqual(value, { b: null, c: { x: 2 } });
    assert.deepEqual(said, ['3:7 warning expected a mapping to merge, got nothing']);
    refuses('b: &b 5\nc:\n  <<: *b\n', '3:7', /expected a mapping to merge, got the number 5/);
  });

  it('follows an alias to a key', () => {
    assert.deepEqual(parse('&k a: 1\nb: *k\nc: {*k : 2}\n').value, { a: 1, b: 'a', c: { a: 2 } });
  });

  it('lets the last of equal keys win, and warns', () => {
    const { value, said } = parse('a: 1\nb: 2\na: 3\n');
    assert.deepEqual(value, { a: 3, b: 2 });
    assert.deepEqual(said, ["3:1 warning the key 'a' is already on line 1; the last one counts"]);
  });

  it('knows where every value was written', () => {
    const { root } = parse('a:\n  b:\n    - x\n    - y: 1\n');
    assert.ok(root);
    const { line, column } = locate(root, ['a', 'b', 1, 'y']);
    assert.deepEqual([line, column], [4, 10]);
  });

  it('refuses broken YAML at its place', () => {
    refuses('a: 1\nb: "x\n', '2:6', /broken YAML: Missing closing "quote/);
    refuses('a: [1\n', '1:6', /broken YAML: .*end with a \]/);
    refuses('a:\n\t- b\n', '2:1', /broken YAML: Tabs are not allowed as indentation/);
    refuses('a: 1\n b: 2\n', '1:4', /broken YAML/);
  });

  it('names one mistake of many, the first, since the others follow from it', () => {
    refuses('a: 1\nb: [\nc: 2\nd: }\n\te: "\n', '3:1', /broken YAML/);
  });

  it('says how to indent what only Ruby reads: lines within quotes or brackets as far out as their key', () => {
    const advice = /must be indented more than the key they belong to$/;
    refuses('a:\n  b: "x\n  y"\n', '2:8', advice);
    refuses('a:\n  b: [\n  1\n  ]\n', '3:3', advice);
  });

  it('refuses characters that cannot be seen, which Ruby refuses too', () => {
    refuses('a: 1\nb: x\u001B[31m\n', '2:5', /expected printable text, got the character U\+001B/);
    refuses('a: \u0000\n', '1:4', /U\+0000/);
    assert.deepEqual(parse('a: é 😀 日本\n').value, { a: 'é 😀 日本' });
  });

  it('does not count a byte order mark as a column', () => {
    assert.deepEqual(parse('\uFEFFa: 1\nb: 2\n').value, { a: 1, b: 2 });
    refuses('\uFEFFa: .inf\n', '1:4', /cannot be held exactly/);
  });

  it('takes the tags that leave a scalar what it is', () => {
    assert.deepEqual(parse('a: !ruby/symbol gold\nb: !ruby/sym gold\nc: ! 5\n').value, { a: 'gold', b: 'gold', c: 5 });
  });

  it('refuses tags that would build objects', () => {
    refuses('a: 1\nb: !ruby/object:Foo {}\n', '2:21', /the tag !ruby\/object:Foo is not allowed/);
    refuses('a: !!set {x}\n', '1:10', /the tag !!set is not allowed/);
    refuses('a: !!int "x"\n', '1:10', /'x' is not what its tag !!int says/);
  });

  it('refuses an alias bomb at the alias that bursts', () => {
    const levels = Array.from({ length: 9 }, (_unused, index) => {
      const items = index === 0 ? 'x' : `*l${index - 1}`;
      return `l${index}: &l${index} [${Array.from({ length: 9 }, () => items).join(', ')}]`;
    });
    refuses(levels.join('\n'), '5:15', /with its aliases written out, the file has more than 20000 values/);
  });

  it('refuses an alias without an anchor, and one within its own', () => {
    refuses('a: *b\n', '1:4', /the alias \*b has no anchor &b before it/);
    refuses('a: &a [1, *a]\n', '1:11', /the alias \*a stands inside its own anchor/);
  });

  it('refuses several documents, no document and an empty one', () => {
    refuses('a: 1\n---\nb: 2\n', '2:1', /expected one YAML document, got several/);
    for (const text of ['', '# only a comment\n', '---\n', 'null\n']) refuses(text, '1:1', /the file is empty/);
  });

  it('refuses numbers that JSON cannot hold', () => {
    refuses('a: 12345678901234567890\n', '1:4', /cannot be held exactly/);
    refuses('a: .inf\n', '1:4', /cannot be held exactly/);
  });

  it('refuses keys that are collections or reach for the prototype', () => {
    refuses('? [a, b]\n: 1\n', '1:3', /expected a plain name as key/);
    refuses('__proto__: {x: 1}\n', '1:1', /'__proto__' cannot be a key/);
  });

  it('refuses what is nested too deeply', () => {
    refuses(`a: ${'['.repeat(70)}${']'.repeat(70)}\n`, '1:9', /nested more than 64 levels deep/);
    assert.equal(parse('['.repeat(50_000)).root, null);
  });

  it('never throws, whatever the text', () => {
    const yamlish = fc.array(
      fc.constantFrom('a', ': ', '\n', '- ', '  ', '&x ', '*x', '<<', '{', '}', '[', ']', '"', '!t ', '---', '|'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          yamlish.map((parts) => parts.join('')),
        ),
        (text) => void parse(text),
      ),
    );
  });
});
