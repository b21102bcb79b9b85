import type { JsonObject, JsonValue } from '../shared/json.ts';

/**
 * What a kind of task is, after loading: checked, defaults filled in, the environment merged, durations in
 * milliseconds. It is plain JSON, because a running task keeps the very template it began with.
 */
export interface TaskTemplate {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly taskHandlerClass: string | null;
  readonly moduleNamespace: string | null;
  /** false: one step of a task at a time, in template order. */
  readonly concurrent: boolean;
  /** JSON Schema of the context; defaults named in it are stored with the task. */
  readonly schema: JsonObject | null;
  readonly configuration: JsonObject;
  readonly customEvents: readonly CustomEventDeclaration[];
  /** As written, for handlers and for what later reads its own keys from it. */
  readonly handlerConfig: JsonObject;
  /** The allow-list: context fields (dotted paths) that may leave the task. Nothing else does. */
  readonly businessContext: readonly string[];
  readonly businessMetrics: JsonObject;
  readonly monitoring: TaskMonitoring;
  /** In template order; every dependency names a step of this list. */
  readonly steps: readonly StepTemplate[];
}

export interface TaskMonitoring {
  readonly slaMs: number | null;
  readonly criticalWorkflow: boolean;
  readonly alertOnFailure: boolean;
}

export interface StepTemplate {
  readonly name: string;
  readonly description: string;
  readonly dependentSystem: string;
  readonly dependsOn: readonly string[];
  readonly retryable: boolean;
  /** Total attempts, the first included. */
  readonly retryLimit: number;
  readonly skippable: boolean;
  readonly handlerClass: string;
  readonly handlerConfig: JsonObject;
  /** The allow-list: result fields that may leave the step. */
  readonly results: readonly string[];
  readonly customEvents: readonly CustomEventDeclaration[];
  /** How long an attempt may run; null means without limit. */
  readonly timeoutMs: number | null;
  readonly backoff: BackoffPolicy;
  /** From the moment the step is first ready, over all attempts. */
  readonly slaMs: number | null;
  /** How long an attempt may go without a sign of life before it counts as stalled. */
  readonly stallMs: number;
}

/** delay(n) = min(maxMs, baseMs · growth(n)) ± jitter; n is the number of failures so far, from 1. */
export interface BackoffPolicy {
  readonly kind: 'exponential' | 'linear' | 'constant';
  readonly baseMs: number;
  readonly maxMs: number;
  /** Of exponential growth. */
  readonly multiplier: number;
  /** The part of the delay that chance may add or take, 0 to 1. */
  readonly jitter: number;
}

export interface CustomEventDeclaration {
  readonly name: string;
  readonly description: string;
  readonly schema?: JsonValue;
}

/** `namespace.name@version`, Tasker's full name of a kind of task. */
export function fullTaskName(template: Pick<TaskTemplate, 'namespace' | 'name' | 'version'>): string {
  return `${template.namespace}.${template.name}@${template.version}`;
}
