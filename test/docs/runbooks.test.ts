import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';

import { parse } from 'yaml';

import { createProgram } from '../../src/cli/program.ts';
import type { PolicyInput } from '../../src/index.ts';
import { laggingIncident } from '../../src/subscribers/alert-delivery/lagging-incident.ts';
import { policyKinds } from '../../src/subscribers/alert-generation/policies/policies.ts';
import { resolvePolicies } from '../../src/subscribers/alert-generation/policies/resolve-policies.ts';
import { alertingOptions, Story } from '../alerts/story.ts';
import { noPrometheus } from '../prometheus/start-prometheus.ts';

const folder = join(import.meta.dirname, '../../docs/runbooks');
const runbooks = globSync('*.md', { cwd: folder })
  .toSorted()
  .map((file) => ({ kind: basename(file, '.md'), text: readFileSync(join(folder, file), 'utf8') }));

/** What stands between fences of this language; empty: between those that name none. */
function blocks(text: string, language: string): readonly string[] {
  const fence = /^```(\w*)\n([\s\S]*?)^```$/gm;
  return [...text.matchAll(fence)].flatMap(([, name, block = '']) => (name === language ? [block] : []));
}

test('every kind of policy has its runbook, and every runbook its kind', () => {
  assert.deepEqual(
    runbooks.map(({ kind }) => kind),
    policyKinds.map(({ kind }) => kind).toSorted(),
  );
});

describe('a runbook', () => {
  for (const { kind, text } of runbooks) {
    test(`says of ${kind} what it means, what to look at, what to do, and when it is false`, () => {
      assert.ok(text.startsWith(`# \`${kind}\`: `));
      assert.deepEqual(
        [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
        ['What it means', 'What to look at', 'What to do', 'When it is false, and how to tune it'],
      );
    });

    test(`tunes ${kind} by policies that would be taken`, () => {
      const given = blocks(text, 'yaml').flatMap(
        (block) => (parse(block) as { readonly alerts: PolicyInput[] }).alerts,
      );
      assert.ok(given.some((one) => one.name === kind || one.kind === kind));
      assert.doesNotThrow(() => resolvePolicies(given));
    });
  }

  test('names only commands and options that there are', () => {
    const lines = runbooks.flatMap(({ kind, text }) =>
      blocks(text, '')
        .flatMap((block) => block.trimEnd().split('\n'))
        .map((line) => ({ kind, words: line.split(' ') })),
    );
    assert.ok(lines.length > 30);
    const unknown = lines.filter(({ words }) => !isCommand(words));
    assert.deepEqual(unknown, []);
  });

  test('has queries that promtool accepts', { skip: noPrometheus }, (t) => {
    const queries = runbooks.flatMap(({ text }) => blocks(text, 'promql').map((block) => block.trim()));
    assert.ok(queries.length >= 2 * runbooks.length);
    const temporary = mkdtempSync(join(tmpdir(), 'tasker-runbooks-'));
    t.after(() => rmSync(temporary, { recursive: true, force: true }));
    const rules = queries.map((expr, index) => ({ record: `runbook:${index}`, expr }));
    const file = join(temporary, 'rules.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'runbooks', rules }] }));
    execFileSync('promtool', ['check', 'rules', file]);
  });
});

function isCommand([tasker, ...words]: readonly string[]): boolean {
  let command = createProgram({ io: { stdout: {}, stderr: {}, env: {} } } as never);
  for (const [index, word] of words.entries()) {
    const inner = command.commands.find((one) => one.name() === word);
    if (inner === undefined) {
      if (index === 0) return false;
      break;
    }
    command = inner;
  }
  const known = command.options.map(({ long }) => long);
  return tasker === 'tasker' && words.filter((word) => word.startsWith('--')).every((word) => known.includes(word));
}

describe('an alert links to the runbook of its policy', () => {
  const runbookBaseUrl = 'https://git.example/blob/main/docs/runbooks/{policy}.md';

  test('where the configuration says where runbooks are', () => {
    const story = new Story(alertingOptions([], { runbookBaseUrl })).usual(60);
    for (const task of ['a', 'b', 'c']) story.start(task).stalled(task, 'update_inventory');
    assert.equal(story.facts[0]?.incident.runbookUrl, 'https://git.example/blob/main/docs/runbooks/step_stalled.md');
  });

  test('but for a policy or a template that names one of its own', () => {
    const runbook_url = 'https://wiki.example/inventory';
    const options = alertingOptions([{ name: 'step_stalled', runbook_url }], { runbookBaseUrl });
    const story = new Story(options).usual(60);
    for (const task of ['a', 'b', 'c']) story.start(task).stalled(task, 'update_inventory');
    assert.equal(story.facts[0]?.incident.runbookUrl, runbook_url);
  });

  test('also when a receiver is told that alert generation lags', () => {
    const lag = { subscriber: 'tasker.alerts', lag: 30_000, limit: 20_000, checkpoint: 1 };
    const { runbookUrl } = laggingIncident('event-1', 0, lag, { environment: 'test', runbookBaseUrl });
    assert.equal(runbookUrl, 'https://git.example/blob/main/docs/runbooks/subscriber_lagging.md');
  });
});
