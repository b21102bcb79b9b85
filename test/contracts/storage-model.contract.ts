import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import type { Storage } from '../../src/execution/storage.ts';
import type { Change, Schedule } from '../../src/execution/task-store.ts';
import { type Operation, operations, type PlannedChange, stepNames } from './arbitraries.ts';
import {
  event,
  type Has,
  joined,
  newTask,
  type Open,
  stepState,
  taskState,
  wholeLog,
} from '../../src/testing/contracts/fixtures.ts';
import { StorageModel } from './storage-model.ts';

const ids = ['t0', 't1', 't2', 't3', 't4'];
let lastEvent = 0;

/** `firstAmongEquals`: see `Has`. */
export function storageModelContract(
  storageName: string,
  open: Open,
  runs: number,
  firstAmongEquals: Has['firstAmongEquals'],
): void {
  describe(`${storageName} as a whole`, () => {
    it(`does what the model does, whatever comes (${runs} random histories)`, () =>
      fc.assert(
        fc.asyncProperty(operations, (history) =>
          joined(open, async (storage) => {
            const model = new StorageModel(firstAmongEquals);
            for (const operation of history) await step(storage, model, operation);
            await assertSame(storage, model);
          }),
        ),
        { numRuns: runs },
      ));
  });
}

async function step(storage: Storage, model: StorageModel, operation: Operation): Promise<void> {
  switch (operation.kind) {
    case 'commit': {
      model.beginGroup();
      const changes: Change[] = [];
      const expected = operation.changes.map((planned) => {
        const change = toChange(planned, model);
        changes.push(change);
        return model.commit(change);
      });
      assert.deepEqual(
        (await storage.tasks.commit(changes)).map((result) => result.kind),
        expected,
      );
      return;
    }
    case 'takeDue':
      return take(storage, model, 'dueAt', operation);
    case 'takeOverdue':
      return take(storage, model, 'deadlineAt', operation);
    case 'takeOne': {
      const taskId = ids[operation.task] ?? '';
      const lease = model.take(taskId);
      assert.deepEqual(await storage.queue.takeOne(taskId), lease === null ? null : { taskId, lease });
    }
  }
}

type Taking = { readonly now: number; readonly limit: number };

/** The order among tasks of the same priority and time (or group) is left open, so these are compared. */
async function take(storage: Storage, model: StorageModel, by: keyof Schedule, { now, limit }: Taking): Promise<void> {
  const expected = model.ready(by, now).slice(0, limit);
  const taken = by === 'dueAt' ? await storage.queue.takeDue(now, limit) : await storage.queue.takeOverdue(now, limit);
  assert.deepEqual(
    taken.map(({ taskId }) => model.placeOf(taskId, by)),
    expected,
  );
  for (const { taskId, lease } of taken) assert.equal(lease, model.take(taskId));
}

function toChange(planned: PlannedChange, model: StorageModel): Change {
  const taskId = ids[planned.task] ?? '';
  const known = model.tasks.get(taskId);
  const creates = known === undefined || planned.again;
  const results = planned.results === null ? {} : { results: planned.results };
  const names = creates ? stepNames : planned.unknownStep ? [...planned.steps, 'unknown'] : planned.steps;
  const { startAt } = known?.task ?? planned.fixed;
  const own = planned.own === null ? null : { ...taskState({ startAt }), ...planned.own };
  return {
    taskId,
    lease: creates ? null : known.token - (planned.stale ? 1 : 0),
    ...(creates
      ? {
          create: newTask(taskId, { idempotencyKey: planned.key, ...planned.fixed }),
          task: own ?? taskState({ startAt }),
        }
      : own === null
        ? {}
        : { task: own }),
    steps: names.map((name) => ({ state: stepState(name, planned.step), ...results })),
    errors: [],
    events: planned.events.map((name) => event(`event-${(lastEvent += 1)}`, { taskId, step: name })),
    commands: [],
    ...(planned.annotations.length > 0 && { annotations: planned.annotations }),
    ...(planned.release === null ? {} : { release: planned.release }),
  };
}

async function assertSame(storage: Storage, model: StorageModel): Promise<void> {
  for (const id of ids) {
    assert.deepEqual(await storage.tasks.load(id), model.stored(id));
    assert.deepEqual(await storage.reader.get(id), model.stored(id));
  }
  assert.deepEqual(
    (await wholeLog(storage)).map(({ position, id }) => [position, id]),
    model.log.map(({ id }, index) => [index + 1, id]),
  );
  assert.equal(await storage.log.lastPosition(), model.log.length);
  assert.equal(await storage.queue.nextAt(), model.nextAt());
}
