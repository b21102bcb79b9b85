import assert from 'node:assert/strict';

import type { LoggedEvent } from '../../src/events/envelope.ts';
import type { Storage } from '../../src/execution/storage.ts';
import { evolve } from '../../src/tasks/evolve.ts';
import type { TaskFact } from '../../src/tasks/task-fact.ts';
import { planTask } from '../../src/tasks/task-plan.ts';
import type { TaskState } from '../../src/tasks/task-state.ts';
import type { TaskTemplate } from '../../src/tasks/template.ts';
import { catalogEntry } from '../../src/events/catalog.ts';

export interface LogCheck {
  readonly tasks: number;
  readonly events: number;
  readonly byStatus: ReadonlyMap<string, number>;
  readonly byName: ReadonlyMap<string, number>;
}

/**
 * What must hold of every store, however often its engines were killed: positions rise without gap, each fact is
 * there once, payloads fit their schemas, and each task's events fold to exactly the state that is stored beside them.
 */
export async function checkLog(storage: Storage): Promise<LogCheck> {
  const events = await readAll(storage);
  const byTask = Map.groupBy(events, (event) => event.taskId);
  const byName = new Map<string, number>();
  for (const [index, event] of events.entries()) {
    assert.equal(event.position, (events[0]?.position ?? 1) + index, 'positions rise without gap');
    catalogEntry(event.name)?.payload.parse(event.payload);
    byName.set(event.name, (byName.get(event.name) ?? 0) + 1);
  }
  const byStatus = new Map<string, number>();
  for (const [taskId, own] of byTask) {
    if (taskId === null) continue;
    const status = await checkTask(storage, taskId, own);
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }
  return { tasks: byTask.size - (byTask.has(null) ? 1 : 0), events: events.length, byStatus, byName };
}

async function checkTask(storage: Storage, taskId: string, events: readonly LoggedEvent[]): Promise<string> {
  const once = new Set<string>();
  for (const event of events) {
    const key = `${event.name} ${event.step ?? ''}#${event.attempt ?? ''}`;
    if (
      /^(step\.(execution_requested|completed|failed|stalled)|task\.(initialize_requested|completed|sla_breached))/.test(
        key,
      )
    ) {
      assert.ok(!once.has(key), `task ${taskId}: '${key}' is in the log twice`);
      once.add(key);
    }
  }
  const stored = await storage.tasks.load(taskId);
  assert.ok(stored !== null, `task ${taskId} has events but is not stored`);
  const template = await storage.templates.load(stored.task.templateId);
  assert.ok(template !== null);
  const plan = planTask(JSON.parse(template.body) as TaskTemplate);
  const folded = events.reduce<TaskState | null>((state, event) => evolve(plan, state, toFact(event)), null);
  assert.deepEqual(folded, stored.state, `task ${taskId}: the log does not fold to the stored state`);
  return stored.state.status;
}

/** The inverse of recording: an event as the fact that it is. */
function toFact(event: LoggedEvent): TaskFact {
  return {
    name: event.name,
    at: event.occurredAt,
    ...(event.step !== null && { step: event.step, attempt: event.attempt ?? 0, spanId: event.spanId }),
    ...('attemptFailed' in event && { attemptFailed: event.attemptFailed }),
    payload: event.payload,
  } as TaskFact;
}

export async function readAll(storage: Storage): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let after = 0; ;) {
    const page = await storage.log.read({ after, limit: 10_000 });
    if (page.events.length === 0) return events;
    events.push(...page.events);
    after = page.lastPosition;
  }
}
