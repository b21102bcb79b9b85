import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { asInstalled, regionsOf } from './regions.ts';

const root = join(import.meta.dirname, '../..');
const twoSteps = 'test/readme/two-steps.ts';
const guides = globSync('docs/*.md', { cwd: root }).toSorted();
const regions = ['README.md', ...guides].flatMap((document) =>
  regionsOf(readFileSync(join(root, document), 'utf8')).map((region) => ({ ...region, document })),
);

describe('the code that the README and the guides show', () => {
  test('includes the task of two steps', () => {
    assert.ok(regions.some(({ document, file }) => document === 'README.md' && file === twoSteps));
  });

  for (const { document, file, line, code } of regions) {
    test(`in ${document} at line ${line} is what ${file} holds, which is compiled with the tests`, () => {
      assert.match(file, /^(?:test|examples)\/.*\.ts$/, 'the compiler does not see files elsewhere');
      assert.equal(code, asInstalled(readFileSync(join(root, file), 'utf8')));
    });
  }
});

describe('the task of two steps, run in an empty folder', () => {
  let dir = '';
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'tasker-readme-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  test('prints its outcome and its story, ends by itself, and leaves its database where the README says', () => {
    const { NODE_OPTIONS: _, TASKER_ENV: __, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, twoSteps)], {
      cwd: dir,
      env: { ...env, NO_COLOR: '1' },
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 0, stderr);
    assert.equal(stderr, '');
    assert.deepEqual(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd()),
      [
        `complete [ 'compose: complete', 'deliver: complete' ]`,
        'task.initialize_requested',
        'task.start_requested',
        'step.execution_requested compose',
        'step.completed compose',
        'step.execution_requested deliver',
        'step.completed deliver',
        'task.completed',
      ],
    );
    assert.ok(existsSync(join(dir, '.tasker/tasker.db')));
  });
});

describe('reading regions', () => {
  const written = ['<!-- region: a.ts -->', '```ts', 'one;', '', 'two;', '```', '<!-- endregion -->'];

  test('gives the file, the line and the code of each, and leaves other blocks alone', () => {
    const document = ['# Title', '```ts', 'other;', '```', ...written].join('\n');
    assert.deepEqual(regionsOf(document), [{ file: 'a.ts', line: 5, code: 'one;\n\ntwo;\n' }]);
  });

  for (const [slip, lines] of [
    ['no end', written.slice(0, -1)],
    ['no block', [written[0], written[6]]],
    ['another language', written.map((line) => line.replace('```ts', '```js'))],
    ['a second block', [...written.slice(0, 6), '```ts', 'three;', '```', '<!-- endregion -->']],
    ['a marker with no file', ['<!-- region -->', ...written.slice(1)]],
  ] as const) {
    test(`refuses one with ${slip}, which would go unchecked`, () => {
      assert.throws(() => regionsOf(lines.join('\n')), /^Error: Line 1: expected/);
    });
  }

  test('a reader imports the package where the tests import its source', () => {
    assert.equal(
      asInstalled(`import { a } from '../../src/index.ts';\nimport { b } from './b.ts';`),
      `import { a } from 'tasker';\nimport { b } from './b.ts';`,
    );
  });
});
