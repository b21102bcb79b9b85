import assert from 'node:assert/strict';

import {
  createTasker,
  defineTask,
  type TaskDefinition,
  type Tasker,
  type TaskerConfigInput,
  type TaskHandle,
  type TaskView,
} from '../../src/index.ts';
import type { TaskerSurroundings } from '../../src/create-tasker.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { checkLog, type LogCheck } from '../support/check-log.ts';

/** Two steps; `pay` says which task's handler was called. */
export function checkout(pay: (number: number) => unknown = () => ({})): TaskDefinition {
  return defineTask<{ readonly number: number }>({
    name: 'checkout',
    step_templates: [
      { name: 'pay', handler: ({ context }) => pay(context.number) },
      { name: 'ship', depends_on_step: 'pay', handler: () => ({}) },
    ],
  });
}

export interface Working {
  readonly tasker: Tasker;
  readonly warnings: readonly string[];
}

/** A tasker at work on the database, which stops with the test whatever has become of that. */
export async function work(
  t: { after(end: () => unknown): void },
  url: string,
  tasks: readonly TaskDefinition[],
  more: { readonly config?: TaskerConfigInput; readonly around?: TaskerSurroundings; readonly leaseMs?: number } = {},
): Promise<Working> {
  const warnings: string[] = [];
  const { leaseMs = 10_000 } = more;
  const tasker = await createTasker(
    { storage: { kind: 'postgres', url, leaseMs }, tasks, observers: false, ...more.config },
    { env: {}, onWarning: (message) => void warnings.push(message), ...more.around },
  );
  t.after(() => tasker.stop({ graceMs: 0 }).catch(() => undefined));
  await tasker.start();
  return { tasker, warnings };
}

/** Checkouts numbered from 1 on. */
export function order(tasker: Tasker, count: number, from = 1): Promise<TaskHandle[]> {
  return Promise.all(
    Array.from({ length: count }, (_unused, index) =>
      tasker.run({
        name: 'checkout',
        context: { number: from + index },
        idempotencyKey: `checkout-${from + index}`,
      }),
    ),
  );
}

export function ends(handles: readonly TaskHandle[]): Promise<TaskView[]> {
  return Promise.all(handles.map((handle) => handle.wait()));
}

/** Nothing is lost and nothing is there twice: so many checkouts, all complete, as their log says. */
export async function checkCheckouts(url: string, count: number): Promise<LogCheck> {
  const storage = await openPostgres({ url, readOnly: true, listenUrl: null });
  try {
    const check = await checkLog(storage);
    assert.equal(check.tasks, count);
    assert.deepEqual([...check.byStatus], [['complete', count]]);
    assert.equal(check.byName.get('task.completed'), count);
    return check;
  } finally {
    await storage.close();
  }
}
