import type { TraceChoices } from '../events/trace-choices.ts';
import { EncodedEnvelope } from '../log/encoded-envelope.ts';
import { deepFreeze, type DeepReadonly, type JsonObject, type JsonValue } from '../shared/json.ts';
import { pickFields } from '../tasks/business-context.ts';
import type { TaskState } from '../tasks/task-state.ts';
import type { AnnotationRow, NewTask, StoredTask } from './task-store.ts';
import type { TaskType } from './task-type.ts';

/** The requester's words; JSON in `NewTask.request`. */
export interface RequestMeta {
  readonly initiator: string;
  readonly source_system: string;
  readonly reason: string;
  readonly tags: readonly string[];
  readonly bypass_steps: readonly string[];
  readonly tracestate: string | null;
  /** From the traceparent: whether the caller's trace is recorded. */
  readonly sampled: boolean;
  /** Ours. Missing from tasks of before there was tracing. */
  readonly trace?: TraceChoices;
}

/** A task in memory: what is fixed about it, parsed once. */
export interface LoadedTask {
  readonly type: TaskType;
  readonly row: NewTask;
  readonly request: RequestMeta;
  readonly context: DeepReadonly<JsonObject>;
  readonly envelope: EncodedEnvelope;
  /** Fields of the business context that are too large to leave the task. */
  readonly omittedContext: readonly string[];
  /** null for a task that is only about to be created. */
  readonly state: TaskState | null;
  readonly results: Map<string, JsonValue>;
  /** Latest event by step, and under '' of the task. */
  readonly lastEventIds: ReadonlyMap<string, string>;
  /** As they are on disk. */
  readonly annotations: AnnotationRow[];
}

export function newTask(type: TaskType, row: NewTask): LoadedTask {
  const context = JSON.parse(row.context) as JsonObject;
  const request = JSON.parse(row.request) as RequestMeta;
  const { fields, omitted } = pickFields(context, type.plan.template.businessContext);
  return {
    type,
    row,
    request,
    context: deepFreeze(context),
    envelope: new EncodedEnvelope({
      namespace: row.namespace,
      taskName: row.name,
      version: row.version,
      correlationId: row.correlationId,
      traceId: row.traceId,
      ...(request.trace !== undefined && { trace: request.trace }),
      business: fields,
    }),
    omittedContext: omitted,
    state: null,
    results: new Map(),
    lastEventIds: new Map(),
    annotations: [],
  };
}

export function storedTask(type: TaskType, stored: StoredTask): LoadedTask {
  return {
    ...newTask(type, stored.task),
    state: stored.state,
    results: new Map([...stored.results].map(([step, text]) => [step, deepFreeze(JSON.parse(text)) as JsonValue])),
    lastEventIds: stored.lastEventIds,
    annotations: [...stored.annotations],
  };
}
