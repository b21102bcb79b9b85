import fc from 'fast-check';

import { statuses } from '../../src/tasks/states.ts';

export const stepNames = ['b', 'a', 'ö step'] as const;

const time = fc.integer({ min: 0, max: 2_000_000_000_000 });
const maybeTime = fc.option(time);
const soon = fc.integer({ min: 0, max: 20 });
const count = fc.integer({ min: 0, max: 1_000 });
const status = fc.constantFrom(...statuses);

const failure = fc.record(
  {
    attempt: count,
    cause: fc.constantFrom('error', 'timeout', 'worker_lost'),
    final: fc.constantFrom('no', 'permanent', 'exhausted', 'outcome_unknown'),
    error: fc.record(
      { type: fc.string(), code: fc.string(), status: count },
      { requiredKeys: ['type'], noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

const step = fc.record(
  {
    status,
    attempts: count,
    failures: count,
    losses: count,
    firstReadyAt: maybeTime,
    readyAt: maybeTime,
    startedAt: maybeTime,
    finishedAt: maybeTime,
    spanId: fc.option(fc.string()),
    slaDeadlineAt: maybeTime,
    slaBreachedAt: maybeTime,
    stalledAttempt: count,
    keyGeneration: count,
    failure: fc.option(failure),
  },
  { noNullPrototype: true },
);

const own = fc.record(
  {
    status,
    startedAt: maybeTime,
    endedAt: maybeTime,
    firstEndedAt: maybeTime,
    slaBreachedAt: maybeTime,
    parked: fc.option(fc.string()),
  },
  { noNullPrototype: true },
);

const annotation = fc.record(
  {
    at: time,
    by: fc.option(fc.string()),
    step: fc.option(fc.constantFrom(...stepNames)),
    attempt: fc.option(count),
    key: fc.string(),
    value: fc.json(),
  },
  { noNullPrototype: true },
);

const taskIndex = fc.integer({ min: 0, max: 4 });

/** A change before it is known which tasks exist and who holds them. */
const plannedChange = fc.record({
  task: taskIndex,
  /** Creates again what exists: cannot be written. */
  again: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  stale: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  unknownStep: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  key: fc.option(fc.constantFrom('k1', 'k2')),
  fixed: fc.record({ priority: fc.integer({ min: -1, max: 1 }), startAt: maybeTime }, { noNullPrototype: true }),
  own: fc.option(own),
  steps: fc.uniqueArray(fc.constantFrom(...stepNames)),
  step,
  results: fc.option(fc.json()),
  events: fc.array(fc.option(fc.constantFrom(...stepNames)), { maxLength: 4 }),
  annotations: fc.array(annotation, { maxLength: 2 }),
  release: fc.option(fc.record({ dueAt: fc.option(soon), deadlineAt: fc.option(soon) }, { noNullPrototype: true })),
});
export type PlannedChange = typeof plannedChange extends fc.Arbitrary<infer T> ? T : never;

const taking = { now: soon, limit: fc.integer({ min: 0, max: 3 }) };

export const operations = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('commit' as const),
        changes: fc.array(plannedChange, { maxLength: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeDue' as const), ...taking }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeOverdue' as const), ...taking }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeOne' as const), task: taskIndex }) },
  ),
  { maxLength: 25 },
);
export type Operation = typeof operations extends fc.Arbitrary<readonly (infer T)[]> ? T : never;
