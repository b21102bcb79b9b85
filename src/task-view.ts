import type { RequestMeta } from './execution/loaded-task.ts';
import type { StoredTask, TaskSnapshot } from './execution/task-store.ts';
import type { JsonObject, JsonValue } from './shared/json.ts';
import { stepIdempotencyKey } from './tasks/idempotency-key.ts';
import type { TaskTemplate } from './tasks/template.ts';
import type { TaskView } from './tasker.ts';

/** A stored task as its owner sees it: with context and results, which leave the store nowhere else. */
export function taskView(
  { task, state, resultOf, annotations }: TaskSnapshot,
  template: TaskTemplate | null,
): TaskView {
  const request = JSON.parse(task.request) as RequestMeta;
  return {
    id: task.id,
    namespace: task.namespace,
    name: task.name,
    version: task.version,
    status: state.status,
    context: JSON.parse(task.context) as JsonObject,
    correlationId: task.correlationId,
    idempotencyKey: task.idempotencyKey,
    traceId: task.traceId,
    initiator: request.initiator,
    sourceSystem: request.source_system,
    reason: request.reason,
    tags: request.tags,
    bypassSteps: request.bypass_steps,
    createdAt: state.createdAt,
    startAt: state.startAt,
    priority: task.priority,
    startedAt: state.startedAt,
    endedAt: state.endedAt,
    slaDeadlineAt: state.slaDeadlineAt,
    slaBreachedAt: state.slaBreachedAt,
    parked: state.parked,
    steps: state.steps.map((step) => {
      const declared = template?.steps.find((candidate) => candidate.name === step.name);
      return {
        name: step.name,
        status: step.status,
        dependsOn: declared?.dependsOn ?? [],
        attempts: step.attempts,
        idempotencyKey: stepIdempotencyKey(task.id, step.name, step.keyGeneration),
        keyGeneration: step.keyGeneration,
        retryLimit: declared?.retryLimit ?? 0,
        readyAt: step.readyAt,
        startedAt: step.startedAt,
        finishedAt: step.finishedAt,
        slaBreachedAt: step.slaBreachedAt,
        results: resultOf(step.name) ?? null,
        failure: step.failure,
      };
    }),
    annotations: annotations.map((row) => ({ ...row, value: JSON.parse(row.value) as JsonValue })),
  };
}

export function snapshotOf({ task, state, results, annotations }: StoredTask): TaskSnapshot {
  return {
    task,
    state,
    annotations,
    resultOf(step) {
      const text = results.get(step);
      return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
    },
  };
}
