import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { nodeComplaint, requiredNode } from '../../src/shared/require-node.ts';
import { findOldNode, whyNoOldNode } from './find-old-node.ts';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'bin/tasker.js');
const utf8 = { encoding: 'utf8' } as const;

describe('on a Node that is too old', () => {
  let dir = '';
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'tasker-old-node-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** This Node, claiming to be another. */
  function pretending(version: string): string[] {
    const preload = join(dir, `as-${version}.cjs`);
    const versions = `{ ...process.versions, node: '${version}' }`;
    writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });`);
    return ['--require', preload];
  }

  for (const version of ['18.20.4', '20.20.2', '22.17.9']) {
    test(`the command line of ${version} says in one line what it needs, what it found and what to do`, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [...pretending(version), bin, '--help'], utf8);
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^error TASKER_RUNTIME_NODE_TOO_OLD: .*needs Node\.js 22\.18 or newer.*\n$/);
      assert.ok(stderr.includes(`runs on ${version}.`) && stderr.includes('Install a newer one'), stderr);
    });
  }

  test('importing the library fails with the code', () => {
    const script = `
      const failure = await import(${JSON.stringify(join(root, 'src/index.ts'))}).catch((error) => error);
      console.log(JSON.stringify({ code: failure.code, message: failure.message }));
    `;
    const argv = [...pretending('20.20.2'), '--input-type=module', '--eval', script];
    const { stdout, stderr } = spawnSync(process.execPath, argv, utf8);
    assert.notEqual(stdout, '', stderr);
    const said = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(said, {
      code: 'TASKER_RUNTIME_NODE_TOO_OLD',
      message: nodeComplaint('20.20.2'),
    });
  });

  test('the command line of the version that is required starts', () => {
    const { status, stderr } = spawnSync(process.execPath, [...pretending(`${requiredNode}.0`), bin, '--help'], utf8);
    assert.equal(status, 0, stderr);
  });

  const old = findOldNode();
  const skip = old === null ? whyNoOldNode : false;
  test('a real one gets as far as the message', { skip }, () => {
    const { status, stderr } = spawnSync(old ?? '', [bin, '--help'], utf8);
    assert.equal(status, 1);
    assert.match(stderr, /^error TASKER_RUNTIME_NODE_TOO_OLD: .*\n$/);
  });
});
