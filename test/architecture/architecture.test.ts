import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  everyAmbientSourceIsNeeded,
  onlyTheEdgeReadsTheEnvironment,
  timeAndChanceAreInjected,
} from './ambient-rules.ts';
import {
  computedImportsAreListed,
  everyComputedImportIsNeeded,
  everyImportExceptionIsNeeded,
  examplesUseThePublicApi,
  foldersAreKnown,
  importsHaveNoCycles,
  importsStayInTheirZones,
  nothingExportsEverything,
  type Rule,
  zoneViolations,
} from './import-rules.ts';
import { planProject, readPackage, readProject } from './project.ts';
import { filesStayShort, inexactVersions, testNamesAreUnique } from './text-rules.ts';

interface Case {
  readonly rule: Rule;
  /** A project that breaks the rule, so that the rule is known to be able to fail. */
  readonly planted: Readonly<Record<string, string>>;
  readonly says: readonly RegExp[];
}

const project = readProject();

const cases: Readonly<Record<string, Case>> = {
  'each folder imports only what the dependency rule allows it': {
    rule: importsStayInTheirZones,
    planted: {
      'src/execution/engine.ts': `import { openSqlite } from '../storage/sqlite/open-sqlite.ts';
        import type { Subscriber } from '../subscribers/subscriber.ts';`,
      'src/tasks/load.ts': `import { readFile } from 'node:fs/promises';
        const { load } = await import('js-yaml');
        export { helper } from '../../test/support/template.ts';
        import { catalogEntry } from '../events/catalog.ts';
        import type { PayloadOf } from '../events/catalog.ts';`,
      'src/sinks/log.ts': `import type { RecordedEvent } from '../events/envelope.ts';`,
      'src/storage/sqlite/task-store.ts': `import { fold } from '../../execution/task-store.ts';
        import type { Engine } from '../../execution/engine.ts';`,
      'src/storage/sqlite/work-queue.ts': `import type { WorkQueue } from '../../execution/work-queue.ts';`,
    },
    says: [
      /^src\/execution\/engine\.ts:1 .* what runs in 'storage\/sqlite\/open-sqlite\.ts'$/,
      /^src\/execution\/engine\.ts:2 .* the types of 'subscribers\/subscriber\.ts'$/,
      /^src\/sinks\/log\.ts:1 .* the types of 'events\/envelope\.ts'$/,
      /^src\/storage\/sqlite\/task-store\.ts:1 .* what runs in 'execution\/task-store\.ts'$/,
      /^src\/storage\/sqlite\/task-store\.ts:2 .* the types of 'execution\/engine\.ts'$/,
      /^src\/tasks\/load\.ts:1 .* 'node:fs\/promises'$/,
      /^src\/tasks\/load\.ts:2 .* 'js-yaml'$/,
      /^src\/tasks\/load\.ts:3 .* 'test\/support\/template\.ts'$/,
      /^src\/tasks\/load\.ts:4 .* what runs in 'events\/catalog\.ts'$/,
    ],
  },
  'an import that is computed at run time is a listed one': {
    rule: computedImportsAreListed,
    planted: {
      'src/execution/engine.ts': 'await import(`./${name}.ts`); await import(name); await import("./turn.ts");',
    },
    says: [/engine\.ts:1/, /engine\.ts:1/],
  },
  'examples know the public API and nothing behind it': {
    rule: examplesUseThePublicApi,
    planted: { 'examples/shop/start.ts': `import { Engine } from '../../src/execution/engine.ts';` },
    says: [/start\.ts:1 imports 'src\/execution\/engine\.ts'/],
  },
  'no imports go round in a circle': {
    rule: importsHaveNoCycles,
    planted: {
      'src/tasks/one.ts': `import { two } from './two.ts';`,
      'src/tasks/two.ts': `export { three } from './three.ts';`,
      'src/tasks/three.ts': `import { type One } from './one.ts'; import type { Four } from './four.ts';`,
      'src/tasks/four.ts': `import type { Three } from './three.ts';`,
    },
    says: [/^src\/tasks\/one\.ts → src\/tasks\/two\.ts → src\/tasks\/three\.ts → src\/tasks\/one\.ts$/],
  },
  'nothing exports all that another module has': {
    rule: nothingExportsEverything,
    planted: {
      'src/tasks/index.ts': `export * from './a.ts'; export * as b from './b.ts'; export type * from './c.ts';`,
    },
    says: [/'\.\/a\.ts'/, /'\.\/b\.ts'/, /'\.\/c\.ts'/],
  },
  'every folder of src is a stage that the architecture names': {
    rule: foldersAreKnown,
    planted: { 'src/utils/array.ts': '', 'src/helpers.ts': '', 'src/tasks/template.ts': '' },
    says: [/^src\/helpers\.ts/, /^src\/utils /],
  },
  'the environment is read at the edge alone': {
    rule: onlyTheEdgeReadsTheEnvironment,
    planted: {
      'src/execution/engine.ts': `process.env.A; process?.env; process['env']; const { env } = process; process.pid;`,
      'src/execution/attempt.ts': `import { env } from 'node:process';`,
      'src/cli/io.ts': 'process.env;',
    },
    says: [/attempt\.ts:1 reads node:process/, /process\.env/, /process\.env/, /process\.env/, /reads process;/],
  },
  'time and chance are injected': {
    rule: timeAndChanceAreInjected,
    planted: {
      'src/execution/engine.ts': `Date.now(); new Date(); new Date(at); Math.random(); performance.now();
        setTimeout(run, 5); globalThis.setInterval(run, 5); AbortSignal.timeout(5); clock.now(); this.performance;`,
      'src/execution/delay.ts': `import { setTimeout as delay } from 'node:timers/promises';`,
      'src/execution/turn.test.ts': 'Date.now();',
    },
    says: [
      /delay\.ts:1 uses node:timers\/promises/,
      /engine\.ts:1 uses Date\.now/,
      /engine\.ts:1 uses new Date\(\)/,
      /engine\.ts:1 uses Math\.random/,
      /engine\.ts:1 uses performance/,
      /engine\.ts:2 uses setTimeout/,
      /engine\.ts:2 uses setInterval/,
      /engine\.ts:2 uses AbortSignal\.timeout/,
    ],
  },
  'no file is longer than 400 lines': {
    rule: filesStayShort,
    planted: { 'src/tasks/long.ts': 'a;\n'.repeat(401), 'src/tasks/short.ts': 'a;\n'.repeat(400) },
    says: [/^src\/tasks\/long\.ts has 401 lines/],
  },
  'no two tests of a file have one name': {
    rule: testNamesAreUnique,
    planted: {
      'src/a.test.ts': `describe('one', () => { it('works', () => f(1)); it('works', () => {}); });
        describe('two', () => { it('works', () => {}); });
        for (const n of [1, 2]) test(\`works \${n}\`, () => {});`,
    },
    says: [/^src\/a\.test\.ts:1 .* 'one › works'$/],
  },
};

for (const [name, { rule, planted, says }] of Object.entries(cases)) {
  describe(name, () => {
    test('in this project', () => assert.deepEqual(rule(project), []));

    test('and where it is broken, it says so', () => {
      const told = rule(planProject(planted));
      assert.equal(told.length, says.length, told.join('\n'));
      for (const [index, expected] of says.entries()) assert.match(told[index] ?? '', expected);
    });
  });
}

describe('what zones.ts lists besides the table is still needed', () => {
  test('the exceptions from the dependency rule', () => assert.deepEqual(everyImportExceptionIsNeeded(project), []));

  test('the imports that are computed', () => assert.deepEqual(everyComputedImportIsNeeded(project), []));

  test('the sources of time and chance', () => assert.deepEqual(everyAmbientSourceIsNeeded(project), []));

  test('and is reported when it is not', () => {
    const empty = planProject({});
    assert.match(
      everyImportExceptionIsNeeded(empty).join('\n'),
      /resolve-config\.ts → tasks\/nearest-name\.ts is not needed/,
    );
    assert.match(everyComputedImportIsNeeded(empty).join('\n'), /import-module\.ts no longer/);
    assert.match(everyAmbientSourceIsNeeded(empty).join('\n'), /shared\/clock\.ts no longer uses Date\.now/);
  });
});

test('an exception lets through the import that it names and no other', () => {
  const planted = planProject({
    'src/log/tail.ts': `import { a } from '../execution/a.ts'; import { b } from '../execution/b.ts';`,
  });
  const { violations } = zoneViolations(planted, [{ from: 'log/tail.ts', to: 'execution/a.ts', why: 'a test' }]);
  assert.equal(violations.length, 1);
  assert.match(violations[0] ?? '', /execution\/b\.ts/);
});

test('every dependency is pinned to one version', () => {
  assert.deepEqual(inexactVersions(readPackage()), []);
});

test('a range, a tag or an address is no version', () => {
  const loose = { a: '^1.2.3', b: '1.2', c: 'latest', d: 'https://example.com/d.tgz', e: '*', f: 'npm:@a/b@^1.0.0' };
  const given = {
    dependencies: loose,
    devDependencies: { g: '~1.0.0', h: '1.0.0-beta.1', i: 'npm:@a/b@1.0.0' },
    peerDependencies: { h: '^1' },
  };
  assert.deepEqual(
    inexactVersions(given).map((line) => line.replace(/ is .*/, '')),
    ['a', 'b', 'c', 'd', 'e', 'f']
      .map((name) => `package.json: dependencies.${name}`)
      .concat('package.json: devDependencies.g'),
  );
});
