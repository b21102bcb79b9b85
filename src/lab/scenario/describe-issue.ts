import type { z } from 'zod';

import { suggestion } from '../../tasks/nearest-name.ts';
import { pathText, type PlacedYaml, type ScenarioProblem } from './yaml-places.ts';
import { schemaAt } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;

/** What the schema found wrong, where in the file, what was expected and what came. */
export function describeIssue(issue: Issue, yaml: PlacedYaml): readonly ScenarioProblem[] {
  const path = pathText(issue.path);
  const value = valueAt(yaml.value, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = schemaAt(issue.path, yaml.value).keys;
    return issue.keys.map((key) => {
      const expected = `expected one of ${known.join(', ')}`;
      const message = `unknown key '${key}'${suggestion(key, known) || `; ${expected}`}`;
      return { ...yaml.placeOfKey(issue.path, key), path, message };
    });
  }
  const place = yaml.placeOf(issue.path);
  if (value === undefined) return [{ ...place, path, message: `expected ${expectation(issue, yaml)}, got nothing` }];
  const message = issue.message.startsWith('expected ') ? issue.message : `expected ${expectation(issue, yaml)}`;
  return [{ ...place, path, message: `${message}, got ${shown(value)}${nearest(issue, value, yaml)}` }];
}

function expectation(issue: Issue, yaml: PlacedYaml): string {
  const { expected, options } = schemaAt(issue.path, yaml.value);
  if (issue.code === 'invalid_union' && 'discriminator' in issue && options.length > 0)
    return `one of ${options.join(', ')}`;
  if (expected !== null) return expected;
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected);
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `at least ${issue.minimum} ${issue.origin === 'array' ? 'of them' : 'character'}`
        : `a number ${issue.inclusive === false ? 'above' : 'of at least'} ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `at most ${issue.maximum} ${issue.origin === 'array' ? 'of them' : 'characters'}`
        : `a number of at most ${issue.maximum}`;
    default:
      return issue.message.replace(/^Invalid input: expected /, '');
  }
}

function nearest(issue: Issue, value: unknown, yaml: PlacedYaml): string {
  if (typeof value !== 'string') return '';
  const options = issue.code === 'invalid_value' ? issue.values.map(String) : schemaAt(issue.path, yaml.value).options;
  return suggestion(value, options);
}

const words: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

function article(type: string): string {
  return words[type] ?? type;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return value;
}
