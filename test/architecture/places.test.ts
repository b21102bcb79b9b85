import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { foreignRegistries, machinePaths } from './place-rules.ts';
import { readTexts } from './project.ts';

const texts = readTexts();

/** Put together here, so that this file does not break the rule it tests. */
function path(...parts: readonly string[]): string {
  return ['', ...parts].join('/');
}

const address = (host: string): string => `https:${path('', host, 'zod', 'zod.tgz')}`;

describe('no file of the project says on which machine it was written', () => {
  test('in this project', () => assert.deepEqual(machinePaths(texts), []));

  test('and where one does, it says so', () => {
    const named = [
      path('work', 'main'),
      path('root', '.npmrc'),
      path('home', 'ada', 'tasker'),
      path('Users', 'ada'),
      `file:${path('', '', 'work', 'main')}`,
      `cd ${path('work')}`,
    ];
    for (const one of named) assert.equal(machinePaths({ 'a.md': `\nsee ${one} for more` }).length, 1, one);
    assert.match(machinePaths({ 'a.md': `\nsee ${path('work', 'main')}` }).join(), /^a\.md:2 names a path/);
  });

  test('and a folder of that name further down is none', () => {
    const harmless = [
      './work-queue.ts',
      'test/work/a.ts',
      '${dir}/root/a',
      '**/root/*',
      path('work-queue.ts'),
      '../work/a',
    ];
    assert.deepEqual(machinePaths({ 'a.ts': harmless.join('\n') }), []);
  });
});

describe('packages come from the public registry', () => {
  test('in this project', () => assert.deepEqual(foreignRegistries(texts), []));

  test('and where another is named, it says so', () => {
    const planted = {
      'package-lock.json': `"resolved": "${address('packages.example.com')}"\n"url": "https://example.com/funding"`,
      '.npmrc': `registry=${address('10.0.0.1:4873')}`,
      'docs/a.md': `${address('npm.example.com')} ${address('registry.npmjs.org')} ${address('www.npmjs.com')}`,
    };
    assert.deepEqual(
      foreignRegistries(planted).map((line) => line.replace(/;.*/, '')),
      [
        'package-lock.json:1 names the registry packages.example.com',
        '.npmrc:1 names the registry 10.0.0.1:4873',
        'docs/a.md:1 names the registry npm.example.com',
      ],
    );
  });
});

test('all of the project is looked at, hidden files and the lock file included, and nothing that is made or installed', () => {
  const paths = Object.keys(texts);
  const expected = ['.ci/run', '.gitignore', 'README.md', 'bin/tasker.js', 'package-lock.json', 'src/index.ts'];
  for (const one of expected) assert.ok(paths.includes(one), one);
  assert.deepEqual(
    paths.filter((one) => /(^|\/)(node_modules|dist|\.tasker|\.git)\//.test(one)),
    [],
  );
});
