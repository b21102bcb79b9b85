import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const regions = [...readme.matchAll(/<!-- region: (\S+) -->\n```ts\n(.*?)```\n<!-- endregion -->/gs)];

test("the README's code is the code of tested files", () => {
  assert.ok(regions.length > 0);
  for (const [, file = '', shown = ''] of regions) {
    const tested = readFileSync(new URL(file, root), 'utf8').replace("'../../src/index.ts'", "'tasker'");
    assert.equal(shown, tested, `README.md and ${file} differ`);
  }
});

test("the README's two-step task does what it says", (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-readme-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const script = fileURLToPath(new URL('test/readme/two-steps.ts', root));
  const said = execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(
    said
      .trim()
      .split('\n')
      .map((line) => line.trim()),
    [
      "complete [ 'compose: complete', 'deliver: complete' ]",
      'task.initialize_requested',
      'task.start_requested',
      'step.execution_requested compose',
      'step.completed compose',
      'step.execution_requested deliver',
      'step.completed deliver',
      'task.completed',
    ],
  );
});
