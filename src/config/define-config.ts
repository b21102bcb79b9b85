import type { JsonObject } from '../shared/json.ts';
import type { AnyStepHandler } from '../tasks/handler.ts';
import type { SubscriberClass, SubscriberDefinition } from '../subscribers/define-subscriber.ts';
import type { Sink } from '../sinks/define-sink.ts';
import type { AlertsInput } from './alerts.ts';
import type { OperationsInput, TelemetryInput } from './telemetry.ts';
import type { TaskDefinition } from '../tasks/define-task.ts';

export interface SqliteStorageInput {
  readonly kind: 'sqlite';
  /** Path of the database file, relative to the configuration file. Default `.tasker/tasker.db`. */
  readonly file?: string;
  /** Upper bound of the database in bytes; beyond it writes fail with `TASKER_STORAGE_FULL`. Default: none. */
  readonly maxBytes?: number;
}

/** Many processes may work on it at the same time. */
export interface PostgresStorageInput {
  readonly kind: 'postgres';
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string;
  /** The schema that holds the tables; pg-boss gets `<schema>_queue` beside it. Both are made if they are not there. Default `tasker`. */
  readonly schema?: string;
  /** Connections to read with; five more write, lease and listen, and observers read with as many again. Default 4. */
  readonly poolSize?: number;
  /**
   * true where `url` leads to a pooler that gives out connections by transaction: no prepared statements, no settings
   * of a session; set `statement_timeout` on the role. Default false.
   */
  readonly pooler?: boolean;
  /**
   * A direct connection to be notified on; poolers pass no notifications on. false: nobody listens, and what others
   * make due is found within a second. Default: `url`; with `pooler` false.
   */
  readonly listenUrl?: string | false;
  /** How long a worker that stays silent keeps its tasks and subscribers, milliseconds. Default 10,000. */
  readonly leaseMs?: number;
}

/** For tests and trials: gone when the process ends, and only this process sees it. */
export interface MemoryStorageInput {
  readonly kind: 'memory';
}

export interface LimitsInput {
  /** Steps of one task that run at the same time. Default 12. */
  readonly stepsPerTask?: number;
  /** Steps that run at the same time in this process. Default 100. */
  readonly stepsPerProcess?: number;
  /** Of these, at most so many of one namespace: `{ reports: 5 }`. What is not named has no limit of its own. */
  readonly stepsPerNamespace?: Readonly<Record<string, number>>;
  /** Of these, at most so many that call one dependent system: `{ 'payment-gateway': 20 }`. */
  readonly stepsPerDependentSystem?: Readonly<Record<string, number>>;
  /** Tasks that this process holds at the same time; further ones wait in the store. Default 1000. */
  readonly tasksInMemory?: number;
  /** Handlers that may be left behind unsettled before their slots are no longer freed. Default 50. */
  readonly abandonedHandlers?: number;
  /** Largest context, as JSON. Default 262,144. */
  readonly contextBytes?: number;
  /** Largest result of one step, as JSON. Default 1,048,576. */
  readonly resultBytes?: number;
  /** Grace for running handlers when stopping, milliseconds. Default 10,000. */
  readonly stopGraceMs?: number;
  /** A task whose next step is further away than this is put back into the store meanwhile. Default 5000. */
  readonly releaseAfterMs?: number;
  /**
   * How long this process's event loop may be blocked, milliseconds. Beyond it a watchdog thread says so on standard
   * error, and `worker.unresponsive` is recorded once the loop is back. 0 turns it off. Default 1000.
   */
  readonly unresponsiveMs?: number;
}

/** A module whose default export is a subscriber (by `defineSubscriber`, or a class), a function that gives one, or an array of them. */
export interface SubscriberModule {
  /** A path relative to the configuration file, or the name of a package. */
  readonly module: string;
  /** JSON; what its function or class is called with. */
  readonly options?: JsonObject;
}

export interface TaskerConfigInput {
  /** Chooses the templates' `environments` overrides. Default: `TASKER_ENV`, else `development`. */
  readonly environment?: string;
  /** Default: SQLite in `.tasker/tasker.db`. A text is a PostgreSQL URL: `postgres://…`. */
  readonly storage?: string | SqliteStorageInput | MemoryStorageInput | PostgresStorageInput;
  /** Take up tasks of these namespaces alone; others' workers run the rest. Default: of all. */
  readonly namespaces?: readonly string[];
  /**
   * Whether this process runs subscribers: metrics, alerts, traces and the configured ones. Of several processes on one
   * store each subscriber runs in one, and in another as soon as that one is gone. Default true.
   */
  readonly observers?: boolean;
  /** YAML template files, relative to the configuration file. */
  readonly templates?: readonly string[];
  /**
   * Handlers of YAML templates, by full class name, its last segment, or step name. Handlers of one template
   * alone may be given under the template's `namespace.name`.
   */
  readonly handlers?: Readonly<Record<string, AnyStepHandler | Readonly<Record<string, AnyStepHandler>>>>;
  /** Tasks written in TypeScript. */
  readonly tasks?: readonly TaskDefinition[];
  /**
   * They follow the log in the process that is the engine. One that is named by its module (`'./subscribers/sales.ts'`,
   * relative to the configuration file, or a package) runs in a thread of its own: whatever it does there, workflows
   * and other subscribers go on. One that is given as it is runs on the engine's thread. In memory, and with a made-up
   * clock, all of them do.
   */
  readonly subscribers?: readonly (SubscriberDefinition | SubscriberClass | string | SubscriberModule)[];
  /**
   * Subscription files in Tasker's YAML, relative to the configuration file: which class follows which events, with
   * what configuration.
   */
  readonly subscriptions?: readonly string[];
  /** The classes that subscription files name, by full name or its last segment. */
  readonly subscriberClasses?: Readonly<Record<string, SubscriberClass>>;
  /**
   * Where what operators see goes. Those that take log records (`ndjsonSink()`) get everything recorded, from the
   * beginning of the log on; those that take spans (`otlpSink()` of `tasker/otlp`) get the traces of tasks. Your own by
   * `defineSink`.
   */
  readonly sinks?: readonly Sink[];
  /**
   * How long finished tasks and their events are kept: `{ days: 30 }` by default; false keeps them for ever. Tasks in
   * error are not finished, and stay until they are retried, resolved or cancelled. A removed task's idempotency key is
   * free again.
   */
  readonly retention?: { readonly days: number } | false;
  readonly limits?: LimitsInput;
  readonly telemetry?: TelemetryInput;
  /** What is watched for, and which sinks are told. */
  readonly alerts?: AlertsInput;
  /** HTTP of its own for whoever runs this process: `/metrics`, `/health/live`, `/health/ready`. Default: none. */
  readonly operations?: OperationsInput;
  /** Unknown keys in templates are errors. Default false. */
  readonly strict?: boolean;
}

/** Types the configuration in an editor; what it holds is checked when a tasker is created. */
export function defineConfig(config: TaskerConfigInput): TaskerConfigInput {
  return config;
}
