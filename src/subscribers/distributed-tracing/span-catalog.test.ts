import assert from 'node:assert/strict';
import { test } from 'node:test';

import { catalog } from '../../events/catalog.ts';
import type { LoggedEvent } from '../../events/envelope.ts';
import { eventToSpans } from './event-to-spans.ts';
import { commonAttributes, spanAttributes, spanCatalog } from './span-catalog.ts';

/** Recorded events as their catalog entries show them, with all that may stand in them. */
function eventsOf(name: string): readonly LoggedEvent[] {
  const entry = catalog.find((one) => one.name === name);
  assert.ok(entry?.kind === 'recorded', name);
  const isStep = name.startsWith('step.');
  const event = (payload: object) =>
    ({
      id: '0199-1',
      position: 1,
      name,
      schemaVersion: 1,
      occurredAt: 1_790_000_100_000,
      taskId: 't1',
      namespace: 'shop',
      taskName: 'order',
      version: '1.0.0',
      correlationId: 'c1',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      business: { tier: 'gold' },
      step: isStep ? 'pay' : null,
      attempt: isStep ? 2 : null,
      causationId: null,
      spanId: isStep ? '00f067aa0ba902b7' : '53995c3f42cd8ad8',
      parentSpanId: isStep ? '53995c3f42cd8ad8' : null,
      payload: { ...entry.example, ...payload },
    }) as unknown as LoggedEvent;
  const status = { type: 'BankError', code: 'busy', status: 503 };
  switch (name) {
    case 'task.initialize_requested':
      return [event({ startAt: 1_790_000_200_000 })];
    case 'step.execution_requested':
      return [event({ waitedMs: 1000 })];
    case 'step.cancelled':
      return [event({ from: 'in_progress', durationMs: 3 })];
    case 'step.failed':
      return [event({}), event({ cause: 'error', error: status })];
    default:
      return [event({})];
  }
}

const isNamed = (attributes: readonly string[], found: string): boolean =>
  attributes.some((name) => name === found || (name.endsWith('.*') && found.startsWith(name.slice(0, -1))));

test('every kind of span is made of the events that its entry names, with its attributes and no other', () => {
  for (const { name, events, attributes, error } of spanCatalog) {
    const spans = events.flatMap(eventsOf).flatMap(eventToSpans);
    assert.ok(spans.length >= events.length, name);
    const found = new Set(spans.flatMap((span) => Object.keys(span.attributes)));
    for (const span of spans) {
      assert.equal(span.name, name.replace('<task>', 'order').replace('<step>', 'pay'));
      if (error === 'never') assert.equal(span.status.code, 'unset');
      if (error === 'always') assert.equal(span.status.code, 'error');
    }
    const known = [...commonAttributes, ...attributes];
    for (const attribute of found) assert.ok(isNamed(known, attribute), `${name} has ${attribute}`);
    for (const attribute of known.filter((one) => one !== 'tasker.sampling'))
      assert.ok(
        [...found].some((one) => isNamed([attribute], one)),
        `${name} has no ${attribute}`,
      );
  }
});

test('every attribute that is told of is one of a span', () => {
  const used = new Set<string>([...commonAttributes, ...spanCatalog.flatMap(({ attributes }) => attributes)]);
  assert.deepEqual(
    Object.keys(spanAttributes).filter((name) => !used.has(name)),
    [],
  );
});

test('other facts make no span', () => {
  const handled = new Set(spanCatalog.flatMap(({ events }) => events as readonly string[]));
  const others = catalog.filter(({ kind, name }) => kind === 'recorded' && !handled.has(name));
  assert.ok(others.length > 0);
  for (const { name } of others) for (const event of eventsOf(name)) assert.deepEqual(eventToSpans(event), [], name);
});
