/** The types of the public API: what `createTasker` gives and what its methods take. */
import type { Listening } from './bus/bus.ts';
import type { Discovery, EventDescription } from './bus/discovery.ts';
import type { EventStream } from './bus/event-stream.ts';
import type { Listener, Listeners, ListenOptions, OnOptions } from './bus/listen.ts';
import type { AlertTest, AlertTestOptions, BacktestOptions, SilenceInput, TestedRoute } from './tasker-alert-types.ts';
import type { StartsInTransactions, TransactionClient } from './tasker-transaction-types.ts';
import type { EngineStatus, StartOptions, StopOptions } from './tasker-engine-types.ts';
import type { TaskerConfigInput } from './config/define-config.ts';
import type { ResolvedConfig } from './config/resolve-config.ts';
import type { LoggedEvent, RecordedEvent } from './events/envelope.ts';
import type { EventPattern, MatchedName } from './events/pattern.ts';
import type { PublicErrorFields } from './events/payload-parts.ts';
import type { TaskFilter, TaskPage } from './execution/task-reader.ts';
import type { EventFilter, EventPage } from './log/event-log.ts';
import type { BackupResult } from './execution/storage.ts';
import type { TaskTemplate } from './tasks/template.ts';
import type { DeepReadonly, JsonObject, JsonValue } from './shared/json.ts';
import type { AlertSilence } from './subscribers/alert-generation/alert-facts.ts';
import type { BacktestReport } from './subscribers/alert-generation/backtest/backtest-report.ts';
import type { AlertView, PendingAlert } from './subscribers/alert-generation/alert-generation.ts';
import type { ParkedOutcome, ParkedPage, ParkedQuery } from './subscribers/parked-events.ts';
import type { ReplayOptions } from './subscribers/replay.ts';
import type { ReplayProgress, StoredParkedEvent } from './subscribers/subscriber-store.ts';
import type { SubscriberStatus, Unregistered } from './subscribers/subscribers.ts';
import type { StepStatus, TaskStatus } from './tasks/states.ts';
import type { TemplateProblem } from './tasks/template-problem.ts';

export interface TaskRequest {
  readonly name: string;
  /** Default: `default`. */
  readonly namespace?: string;
  /** Default: the newest registered version. */
  readonly version?: string;
  /** Checked against the template's schema; its defaults are stored. At most `limits.contextBytes` as JSON. */
  readonly context: JsonObject;
  /** 1 to 128 characters of `A-Z a-z 0-9 _ . : -`. Default: made up. */
  readonly correlationId?: string;
  /** W3C Trace Context of the caller: the task's trace joins it. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** A task of this namespace and name with this key is returned instead of a second one being created. */
  readonly idempotencyKey?: string;
  readonly initiator?: string;
  readonly source_system?: string;
  readonly reason?: string;
  readonly tags?: readonly string[];
  /** Skippable steps that are not to run; they end `resolved_manually` when the task starts. */
  readonly bypass_steps?: readonly string[];
  /**
   * A whole number from -100 to 100; default 0. Of tasks that wait for room (in memory, or for a step's slot) the
   * highest go first, then those that have been ready longest. It never interrupts a step.
   */
  readonly priority?: number;
  /**
   * Not before then: a Date, or milliseconds since the Unix epoch. The task is created and recorded now and waits in
   * the store. Its SLA, durations and waits count from then. A time that has passed means at once.
   */
  readonly startAt?: Date | number;
}

export interface TaskHandle {
  readonly id: string;
  /** True when the idempotency key found an earlier task. */
  readonly existing: boolean;
  /**
   * Resolves when the task has ended, well or badly, or was parked: look at `status` and `parked`. Rejects with `TASKER_WAIT_ABORTED` when the
   * signal aborts, with `TASKER_ENGINE_NOT_RUNNING` when the engine stops first; the task itself goes on later.
   */
  wait(options?: { readonly signal?: AbortSignal }): Promise<TaskView>;
}

export interface TaskView {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly status: TaskStatus;
  readonly context: JsonObject;
  readonly correlationId: string;
  readonly idempotencyKey: string | null;
  readonly traceId: string;
  readonly initiator: string;
  readonly sourceSystem: string;
  readonly reason: string;
  readonly tags: readonly string[];
  readonly bypassSteps: readonly string[];
  /** Milliseconds since the Unix epoch, as all times here. */
  readonly createdAt: number;
  /** When it was asked to start, if that was later than its creation: its SLA and durations count from then. */
  readonly startAt: number | null;
  readonly priority: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly slaDeadlineAt: number | null;
  readonly slaBreachedAt: number | null;
  /** Why the task is set aside as unclear; null when it is not. */
  readonly parked: string | null;
  /** In template order. */
  readonly steps: readonly StepView[];
  /** Notes, in the order in which they were taken. */
  readonly annotations: readonly Annotation[];
}

/** A note on a task, by its handlers or by people. It stays in the task store: no event, metric or log tells of it. */
export interface Annotation {
  readonly at: number;
  /** null: the handler of the step. */
  readonly by: string | null;
  readonly step: string | null;
  /** Of the handler that noted it; null for anybody else. */
  readonly attempt: number | null;
  readonly key: string;
  readonly value: JsonValue;
}

export interface AnnotationInput {
  /** 1 to 128 characters. What was noted under the same key before stays, and this stands after it. */
  readonly key: string;
  /** At most 4 KiB as JSON. */
  readonly value: JsonValue;
  /** Who notes it. Default: `unknown`. */
  readonly by?: string;
  /** Which step it is about. */
  readonly step?: string;
}

export interface StepView {
  readonly name: string;
  readonly status: StepStatus;
  readonly dependsOn: readonly string[];
  readonly attempts: number;
  /** What its handler gives to the services it calls. */
  readonly idempotencyKey: string;
  /** 1, and one more with each retry with a new idempotency key. */
  readonly keyGeneration: number;
  readonly retryLimit: number;
  /** Since when it could run; in the future while it waits for its next attempt. */
  readonly readyAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly slaBreachedAt: number | null;
  /** As JSON gave them back; do not change them. */
  readonly results: DeepReadonly<JsonValue> | null;
  /** The latest failure. */
  readonly failure: {
    readonly attempt: number;
    readonly cause: string;
    readonly final: string;
    readonly error: PublicErrorFields;
  } | null;
}

/** One line of a task's timeline. */
export interface HistoryEntry {
  readonly at: number;
  readonly step: string | null;
  readonly attempt: number | null;
  /** Tasker's event name for lines about the task; for an attempt, how it ended. */
  readonly what: string;
  readonly waitedMs: number | null;
  readonly durationMs: number | null;
  readonly outcome: 'running' | 'completed' | 'failed' | 'cancelled' | 'resolved_manually' | null;
  readonly final: string | null;
  /** With its message, which is shown here and leaves the store nowhere else. */
  readonly error: {
    readonly type: string;
    readonly message: string | null;
    readonly code?: string;
    readonly status?: number;
    readonly stack: string | null;
  } | null;
  readonly by: string | null;
  readonly why: string | null;
  readonly nextAttemptAt: number | null;
  /** Of a retry that gave the step a new idempotency key. */
  readonly keyGeneration: number | null;
}

export interface TaskHistory {
  readonly task: TaskView;
  /** In time order: the task's own events and its steps' attempts. */
  readonly timeline: readonly HistoryEntry[];
}

export interface OperatorAction {
  /** Who asks; kept with the event. Default: `unknown`. */
  readonly by?: string;
  /** Why; kept with the event. */
  readonly why?: string;
}

export interface RetryAction extends OperatorAction {
  /** Only this failed step. */
  readonly step?: string;
  /**
   * Gives the step named an idempotency key of a new generation, which all its further attempts have: the services it
   * calls take it for new work and do it again. Default false.
   */
  readonly newIdempotencyKey?: boolean;
}

export interface RunOptions {
  /** From the details of `TASKER_COMMAND_NOT_APPLIED`: goes on with that request instead of making a second one. */
  readonly commandId?: string;
}

export interface EventQuery extends EventFilter {
  /** Only events after this position. Default 0. */
  readonly after?: number;
  /** Default 1000, at most 10,000. */
  readonly limit?: number;
}

export interface ListQuery extends TaskFilter {
  /** Default 50, at most 1000. */
  readonly limit?: number;
  readonly before?: string;
}

/**
 * A workflow engine over one store. Until `start` it is a client: it reads, and its actions are carried out by the
 * engine that runs on the store in this or another process.
 */
export interface Tasker extends StartsInTransactions {
  /** Becomes the store's engine: takes up unfinished tasks and runs new ones. Idempotent. */
  start(options?: StartOptions): Promise<void>;
  /** No new steps; running ones get a grace period, then are aborted and returned. Closes the store. Idempotent. */
  stop(options?: StopOptions): Promise<void>;
  /** Creates a task. Resolves when it is on disk. Without an engine anywhere: `TASKER_ENGINE_NOT_RUNNING`. */
  run(request: TaskRequest, options?: RunOptions): Promise<TaskHandle>;
  get(taskId: string): Promise<TaskView>;
  list(query?: ListQuery): Promise<TaskPage>;
  history(taskId: string): Promise<TaskHistory>;
  events(query?: EventQuery): Promise<EventPage>;
  /** The position of the last recorded event: pass it as `after` to see only what comes from now on. */
  lastPosition(): Promise<number>;
  /** Follows a task to its end, whoever created it. */
  wait(taskId: string, options?: { readonly signal?: AbortSignal }): Promise<TaskView>;
  /** Calls the task and its open steps off. Running handlers' signals are aborted. */
  cancel(taskId: string, action?: OperatorAction): Promise<TaskView>;
  /** Takes a failed task up again: all its failed steps, or the one named. */
  retry(taskId: string, action?: RetryAction): Promise<TaskView>;
  /** Settles a step (with results that later steps see) or, without `step`, a failed task. */
  resolve(
    taskId: string,
    action?: OperatorAction & { readonly step?: string; readonly results?: JsonObject },
  ): Promise<TaskView>;
  /** Settles a skippable step without results. */
  skip(taskId: string, action: OperatorAction & { readonly step: string }): Promise<TaskView>;
  /**
   * Adds a note to a task, finished or not; it changes nothing of its state and is removed with it. A task has at most
   * 100. Rejects with `TASKER_ANNOTATION_INVALID`, or `TASKER_ANNOTATION_REFUSED` when there is no room for it.
   */
  annotate(taskId: string, annotation: AnnotationInput): Promise<TaskView>;
  /**
   * Calls the listener with each event of this process's engine that the pattern matches (`task.completed`, `step.*`, `*`), at once and after its
   * commit. What it throws is counted and told once; a slow one slows the engine, so hand work on. Nothing is kept for who was not listening:
   * what must not be missed is read from the log. Returns what takes it off again.
   *
   * @throws TaskerError `TASKER_REQUEST_INVALID` for a name that no event has.
   */
  on<Pattern extends EventPattern>(
    pattern: Pattern,
    listener: Listener<MatchedName<Pattern>>,
    options?: OnOptions,
  ): () => void;
  /** The same as a stream for `for await`. It ends with the tasker; its `dropped` says how many events its reader was too slow for. */
  listen<Pattern extends EventPattern>(pattern: Pattern, options?: ListenOptions): EventStream<MatchedName<Pattern>>;
  /** Which events there are, what each means, and who listens to it now. */
  readonly catalog: Discovery;
  /** Every subscriber that the store knows, by name: where it stands, how far behind, what it has parked. */
  subscribers(): Promise<readonly SubscriberStatus[]>;
  /** What a subscriber keeps, as of its last checkpoint; null if it keeps nothing, or is not known. Its own type is its own business. */
  subscriberState(name: string): Promise<JsonValue>;
  /** Incidents as alert generation has them stored: open ones first, then those that ended last. Empty where nothing asks for alerts. */
  alerts(): Promise<readonly AlertView[]>;
  /** Conditions that hold, but not yet for as long as their policies ask (`for_seconds`): nobody is told of them. The longest first. */
  pendingAlerts(): Promise<readonly PendingAlert[]>;
  /** Operators' silences that are in force. */
  silences(): Promise<readonly AlertSilence[]>;
  /** Says that somebody has an incident in hand; receivers are told. Rejects with `TASKER_ALERT_NOT_FOUND`, or `TASKER_TRANSITION_REFUSED` when it is resolved. */
  acknowledgeAlert(key: string, action?: OperatorAction): Promise<AlertView>;
  /** Has nobody told of incidents that fit, until then; those that are open then are told of. */
  silenceAlerts(silence: SilenceInput): Promise<AlertSilence>;
  /** Ends a silence at once. Rejects with `TASKER_ALERT_NOT_FOUND` when none of this id is in force. */
  liftSilence(id: string, action?: OperatorAction): Promise<AlertSilence>;
  /** Whom an incident like this would be told to; with `send` they are told of a test, and of its end, by this process. */
  testAlert(test: AlertTest, options?: AlertTestOptions): Promise<TestedRoute>;
  /** What policies would have said over the recorded log, beside what was said and what happened. Changes nothing; needs no engine. */
  backtestAlerts(options: BacktestOptions): Promise<BacktestReport>;
  /** The events that this subscriber, or any, has set aside, in pages that say how many there are in all. */
  parked(name?: string, query?: ParkedQuery): Promise<ParkedPage>;
  /**
   * Hands the parked event of this position, or all, to the subscriber again, which handles nothing else meanwhile. One
   * whose event the log no longer has is named in `gone`; asked for alone, it is `TASKER_PARKED_EVENT_NOT_FOUND`.
   */
  retryParked(name: string, position?: number): Promise<ParkedOutcome>;
  /** Gives the parked event of this position, or all, up. */
  dropParked(name: string, position?: number): Promise<ParkedOutcome>;
  /**
   * Rebuilds a subscriber's state from old events, beside the living one, and swaps it in at the end. Asked of
   * another process's engine, it is waited for as long as that is seen at it. Rejects with `TASKER_REPLAY_REFUSED` when the new state would lack events that the
   * old has counted, or `from` lies beyond what the subscriber has seen; with `TASKER_REQUEST_INVALID` for options that are none.
   */
  replay(name: string, options: ReplayOptions): Promise<ReplayProgress>;
  /**
   * Forgets all that is kept for a subscriber: checkpoint, state, parked events. One that is running is stopped; if the
   * configuration still names it, it begins anew at the next start. Retention no longer waits for it.
   *
   * @throws TaskerError `TASKER_SUBSCRIBER_NOT_FOUND`, `TASKER_COMMAND_NOT_APPLIED`
   */
  unregister(subscriber: string): Promise<Unregistered>;
  /** Copies the store into a file, as it stands at one moment, while the engine runs. `file` is relative to the working directory. Rejects with `TASKER_BACKUP_FAILED`, leaving nothing behind. */
  backup(file: string, options?: { readonly overwrite?: boolean }): Promise<BackupResult>;
  /** The templates that this process runs. */
  templates(): readonly TaskTemplate[];
  /** Checks a template without registering it. */
  validateTemplate(
    source: { readonly text: string; readonly file: string },
    options?: { readonly strict?: boolean },
  ): readonly TemplateProblem[];
  /** What is in force, without passwords. */
  readonly resolvedConfig: ResolvedConfig;
  status(): EngineStatus;
  isEngineRunning(): Promise<boolean>;
}

export type { AlertMatch } from './subscribers/alert-generation/policies/alert-match.ts';
export type {
  BacktestIncident,
  SaidIncident,
  UncoveredHarm,
} from './subscribers/alert-generation/backtest/backtest-report.ts';
export type {
  AlertSilence,
  AlertTest,
  AlertTestOptions,
  AlertView,
  BacktestOptions,
  BacktestReport,
  Discovery,
  EngineStatus,
  EventDescription,
  EventPage,
  EventStream,
  Listener,
  Listeners,
  Listening,
  ListenOptions,
  OnOptions,
  ParkedOutcome,
  ParkedPage,
  ParkedQuery,
  PendingAlert,
  LoggedEvent,
  RecordedEvent,
  ReplayOptions,
  ReplayProgress,
  SilenceInput,
  StartOptions,
  StopOptions,
  StoredParkedEvent,
  SubscriberStatus,
  TaskerConfigInput,
  TaskFilter,
  TaskPage,
  TemplateProblem,
  TestedRoute,
  TransactionClient,
  Unregistered,
};
