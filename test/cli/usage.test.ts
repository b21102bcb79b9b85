import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { emptyProject } from './support/project.ts';
import { tasker } from './support/fake-io.ts';

const here = { cwd: import.meta.dirname };
const commands = [
  'run',
  'start',
  'tasks',
  'show',
  'events',
  'alerts',
  'retry',
  'resolve',
  'skip',
  'cancel',
  'annotate',
  'generate',
  'validate',
  'config',
];

describe('help', () => {
  it('lists every command, a tour and the exit codes on stdout', async () => {
    for (const argv of [[], ['--help'], ['help']]) {
      const { code, out, err } = await tasker(here, argv);
      assert.equal(code, 0);
      assert.equal(err, '');
      for (const command of commands) assert.match(out, new RegExp(`^  ${command} `, 'm'));
      assert.match(out, /A short tour:/);
      assert.match(out, /^ {4}3 {2}accepted, but not applied yet: .*applied at the next start$/m);
    }
  });

  it('says of every command when to use it and shows examples', async () => {
    for (const command of commands) {
      const { code, out } = await tasker(here, ['help', command]);
      assert.equal(code, 0);
      assert.match(out, /Use it /, command);
      assert.match(out, new RegExp(`Examples:\\n  \\$ .*tasker ${command}`), command);
      assert.match(out, /--json/, command);
    }
  });

  it('prints the version', async () => {
    const { code, out } = await tasker(here, ['--version']);
    assert.equal(code, 0);
    assert.match(out, /^\d+\.\d+\.\d+\n$/);
  });
});

describe('wrong use', () => {
  const cases: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
    [['taks'], /^error TASKER_CLI_USAGE: unknown command 'taks'\n  hint: did you mean tasks\?\n/],
    [
      ['tasks', '--stauts', 'error'],
      /unknown option '--stauts'\n  hint: did you mean --status\?\n  hint: 'tasker help tasks' shows how\n/,
    ],
    [['show'], /missing required argument 'task'/],
    [['show', 'a', 'b'], /too many arguments/],
    [['tasks', '--status', 'broken'], /Expected one of pending, in_progress, complete/],
    [['tasks', '--limit', '0'], /Expected a whole number from 1 to 1000/],
    [['skip', 'x'], /required option '-s, --step <name>' not specified/],
    [['resolve', 'x', '--results', '{}'], /--results belong to a step/],
  ];

  for (const [argv, message] of cases) {
    it(`exits with 2 and says why: ${argv.join(' ')}`, async () => {
      const { code, out, err } = await tasker(here, argv);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.match(err, message);
    });
  }

  it('is one JSON object on stderr under --json', async () => {
    for (const argv of [['tasks', '--limit', 'x', '--json'], ['--json', 'nothing'], ['--json']]) {
      const { code, out, err } = await tasker(here, argv);
      assert.equal(code, 2);
      assert.equal(out, '');
      const { error } = JSON.parse(err);
      assert.deepEqual(Object.keys(error), ['code', 'message', 'hints', 'details', 'exitCode']);
      assert.equal(error.code, 'TASKER_CLI_USAGE');
    }
  });
});

describe('the configuration file', () => {
  it('that is not there is an error with exit code 4', async (t) => {
    const { dir } = await emptyProject(t);
    const searched = await tasker({ cwd: dir }, ['tasks']);
    assert.equal(searched.code, 4);
    assert.match(
      searched.err,
      /^error TASKER_CONFIG_NOT_FOUND: found none of tasker\.config\.ts, tasker\.config\.js, tasker\.config\.mjs in /,
    );
    const named = await tasker({ cwd: dir }, ['tasks', '--config', 'other.ts']);
    assert.equal(named.code, 4);
    assert.match(named.err, /other\.ts/);
  });

  it('that cannot be loaded says why', async (t) => {
    const { dir, write } = await emptyProject(t);
    const reasons: readonly (readonly [string, string, RegExp])[] = [
      ['none.mjs', 'export const config = {};', /it has no default export/],
      ['function.mjs', 'export default () => ({});', /its default export is a function/],
      ['throws.mjs', "throw new Error('no secrets');", /cannot be loaded: no secrets/],
      ['import.mjs', "import 'not-installed-here';", /Cannot find package 'not-installed-here'/],
      ['syntax.ts', 'export default {\n  a b\n};', /Unexpected token .* \(.*syntax\.ts:2\)/],
      ['enum.ts', 'enum A { b }\nexport default {};', /Node\.js runs TypeScript by removing types: no enums/],
      ['key.mjs', 'export default { tempaltes: [] };', /unknown key 'tempaltes' \(did you mean 'templates'\?\)/],
    ];
    for (const [file, text, reason] of reasons) {
      await write(file, text);
      const { code, err } = await tasker({ cwd: dir }, ['config', '--config', file]);
      assert.equal(code, 1, file);
      assert.match(err, /^error TASKER_CONFIG_INVALID: /, file);
      assert.match(err, reason, file);
    }
  });
});
