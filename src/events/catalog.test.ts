import assert from 'node:assert/strict';
import { test } from 'node:test';

import { catalog, catalogEntry, type EventName } from './catalog.ts';
import { EventDirectory } from './event-directory.ts';
import { type MatchedName, matches } from './pattern.ts';
import { payloadFields } from './payload-fields.ts';

const directory = new EventDirectory();

test('every name is there once, and every entry says what it means and who fires it', () => {
  assert.equal(new Set(catalog.map((entry) => entry.name)).size, catalog.length);
  for (const entry of catalog) {
    assert.match(entry.name, /^[a-z]+(\.[a-z_]+){1,2}$/);
    assert.match(entry.meaning, /\.$/, `${entry.name}: the meaning is a sentence`);
    assert.match(entry.firedBy, /\.$/, `${entry.name}: firedBy is a sentence`);
    assert.ok(entry.schemaVersion >= 1);
  }
});

test('every example fits its own schema', () => {
  for (const entry of catalog) assert.deepEqual(entry.payload.parse(entry.example), entry.example, entry.name);
});

test('what a live event echoes is a recorded fact', () => {
  for (const entry of catalog) {
    if (entry.kind === 'live' && entry.echoes !== null) assert.equal(catalogEntry(entry.echoes)?.kind, 'recorded');
  }
});

test('entries are found by namespace, and by words in their names and meanings', () => {
  assert.ok(directory.namespaces().includes('workflow'));
  assert.deepEqual(
    directory.inNamespace('worker').map((entry) => entry.name),
    ['worker.started', 'worker.stopped', 'worker.lost', 'worker.unresponsive'],
  );
  assert.deepEqual(directory.inNamespace('observability.task.*').length, 3);
  assert.deepEqual(
    directory.search('Deadline passed').map((entry) => entry.name),
    ['task.sla_breached', 'step.sla_breached'],
  );
  assert.deepEqual(directory.search('no such thing'), []);
  assert.equal(directory.find('tasker.task.completed')?.name, 'task.completed');
  assert.equal(directory.find('task.complete'), undefined);
});

test('the fields of a payload are told in words', () => {
  const [reason] = payloadFields(catalogEntry('workflow.no_viable_steps') ?? assert.fail());
  assert.deepEqual(reason, { name: 'reason', type: '"running" | "waiting"', required: true });
  const typesOf = (name: string) => payloadFields(catalogEntry(name) ?? assert.fail()).map(({ type }) => type);
  assert.deepEqual(typesOf('workflow.task_reenqueue_failed'), ['"store_refused" | "lease_lost"', 'string | null']);
  assert.deepEqual(typesOf('step.completed'), ['number', 'number', 'integer', 'object', 'string[]']);
});

test('patterns match a name, what is below a prefix, or everything', () => {
  assert.ok(matches('step.*', 'step.completed') && matches('*', 'step.completed'));
  assert.ok(!matches('step.*', 'workflow.step_completed') && !matches('task.complete', 'task.completed'));
  assert.ok(matches('observability.*', 'observability.step.skip'));
  for (const right of ['*', 'tasker.*', 'step.*', 'tasker.step.*', 'observability.task.*', 'task.failed'])
    assert.ok(directory.resolve(right) !== null, right);
  for (const wrong of ['', 'tasker.', 'steps.*', 'task.', 'task.fail*', 'step'])
    assert.ok(directory.resolve(wrong) === null, wrong);
});

test('the types know what a pattern matches', () => {
  const worker: MatchedName<'tasker.worker.*'>[] = ['worker.started', 'worker.stopped', 'worker.lost'];
  // @ts-expect-error: it is about a task
  const none: MatchedName<'worker.*'> = 'task.completed';
  const all: MatchedName<'*'> = 'task.completed' satisfies EventName;
  assert.deepEqual([worker.length, none, all], [3, 'task.completed', 'task.completed']);
});
