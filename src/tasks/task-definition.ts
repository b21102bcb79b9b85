import type { JsonObject, JsonValue } from '../shared/json.ts';
import type { PolicyInput } from '../subscribers/alert-generation/policies/policies.ts';
import type { StepHandler } from './handler.ts';
import type { TaskSteps } from './task-steps.ts';

/**
 * What `defineTask` takes: the keys of a template file, with a function for each step. Durations are in seconds,
 * fractions allowed, as in the file.
 */
export interface TaskDefinitionInput<Context = JsonObject, Results = Record<string, JsonValue>> extends Omit<
  TaskOverrides,
  'step_templates'
> {
  /** 1 to 64 characters. */
  readonly name: string;
  /** In the order in which they are shown; what runs when is said by their dependencies. */
  readonly step_templates: readonly StepDefinitionInput<Context, Results>[] | StepsFunction<Context>;
  /** Overrides by environment: mappings merge, anything else is replaced, steps merge by name. */
  readonly environments?: Readonly<Record<string, TaskOverrides>>;
}

/**
 * Adds the steps one after the other, so that what a handler returns is typed in the `results` of the steps that
 * depend on it: `(task) => task.step({ name: 'pay', handler }).step({ name: 'ship', depends_on_step: 'pay', handler })`.
 */
export type StepsFunction<Context = JsonObject> = (task: TaskSteps<Context>) => AddedSteps;

/** What a `StepsFunction` returns: a `TaskSteps`, whatever it knows. */
export interface AddedSteps {
  readonly added: readonly { readonly name: string }[];
}

/** What an environment may change. */
export interface TaskOverrides {
  /** Default `default`. */
  readonly namespace_name?: string;
  readonly module_namespace?: string;
  /** Default `0.1.0`. */
  readonly version?: string;
  readonly description?: string;
  readonly task_handler_class?: string;
  /** false: one step of a task at a time. Default true. */
  readonly concurrent?: boolean;
  readonly default_dependent_system?: string;
  /** When given, every step must be in it. */
  readonly named_steps?: readonly string[];
  /** JSON Schema of the context. Its defaults are stored with the task. */
  readonly schema?: object;
  readonly configuration?: object;
  readonly custom_events?: readonly CustomEventInput[];
  readonly handler_config?: TaskConfigInput;
  readonly step_templates?: readonly StepOverrides[];
}

export interface StepDefinitionInput<Context = JsonObject, Results = Record<string, JsonValue>> extends StepOverrides {
  readonly handler: StepHandler<Context, Results>;
}

export interface StepOverrides {
  readonly name: string;
  readonly description?: string;
  readonly dependent_system?: string;
  readonly depends_on_step?: string;
  readonly depends_on_steps?: readonly string[];
  /** Default true. */
  readonly default_retryable?: boolean;
  /** All attempts, the first included. Default 3. */
  readonly default_retry_limit?: number;
  /** May be bypassed or skipped. Default false. */
  readonly skippable?: boolean;
  /** Only a name here. Default: the step's name. */
  readonly handler_class?: string;
  readonly handler_config?: StepConfigInput;
  readonly custom_events?: readonly CustomEventInput[];
}

export interface CustomEventInput {
  readonly name: string;
  readonly description?: string;
  readonly schema?: JsonValue;
}

/** Other keys are the handlers' own. */
export interface TaskConfigInput {
  /** The context fields (dotted paths) that may leave the task. */
  readonly business_context?: readonly string[];
  readonly business_metrics?: TaskMetricsInput;
  readonly monitoring?: {
    /** From the task's creation to its first end. */
    readonly sla_seconds?: number;
    readonly critical_workflow?: boolean;
    readonly alert_on_failure?: boolean;
    readonly bottleneck_seconds?: number;
    /** For the routes of alerts: `{ team: 'payments' }`. */
    readonly labels?: Readonly<Record<string, string>>;
    /** What to do when an alert is about this task. */
    readonly runbook_url?: string;
    /** Policies of its own, or built-in ones changed for it. */
    readonly alerts?: readonly PolicyInput[];
  };
  readonly [key: string]: unknown;
}

/** Other keys are the handler's own. */
export interface StepConfigInput {
  /** The result fields (dotted paths) that may leave the step. */
  readonly results?: readonly string[];
  /** An attempt that takes longer is aborted and has failed. Default: no limit. */
  readonly timeout_seconds?: number;
  readonly retry_backoff?: BackoffKind | BackoffInput;
  readonly business_metrics?: StepMetricsInput;
  readonly monitoring?: {
    /** From when the step is first ready, over all attempts. */
    readonly sla_seconds?: number;
    /** Without a heartbeat for so long, an attempt counts as stalled. Default: half the timeout, at most 30. */
    readonly stall_seconds?: number;
    readonly bottleneck_seconds?: number;
  };
  readonly [key: string]: unknown;
}

/** `fixed` is another word for `constant`. */
export type BackoffKind = 'exponential' | 'linear' | 'constant' | 'fixed';

export interface BackoffInput {
  /** Default `exponential`. */
  readonly kind?: BackoffKind;
  /** Before the second attempt. Default 2. */
  readonly base_seconds?: number;
  /** Default 30. */
  readonly max_seconds?: number;
  /** Of exponential growth. Default 2. */
  readonly multiplier?: number;
  /** The part of the delay that chance may add or take, 0 to 1. Default 0.1. */
  readonly jitter?: number;
}

export interface StepMetricsInput {
  readonly counters?: readonly MetricInput[];
  readonly histograms?: readonly MetricInput[];
}

export interface TaskMetricsInput extends StepMetricsInput {
  readonly track_revenue?: boolean;
  readonly track_conversion?: boolean;
  readonly customer_tier_tracking?: boolean;
  readonly value?: string;
  readonly value_unit?: 'minor' | 'major';
  readonly currency?: string;
  readonly labels?: readonly string[];
}

export interface MetricInput {
  readonly name: string;
  readonly value?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default `completed`. */
  readonly on?: 'completed' | 'failed' | 'attempt';
}
