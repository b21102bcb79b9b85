import type { Bus } from './bus/bus.ts';
import type { EventStream } from './bus/event-stream.ts';
import { type Listener, type ListenOptions, listenWith, type OnOptions, streamOf } from './bus/listen.ts';
import { type Discovery, discovery } from './bus/discovery.ts';
import type { ResolvedConfig } from './config/resolve-config.ts';
import { withoutSecrets } from './config/storage.ts';
import type { EventDirectory } from './events/event-directory.ts';
import type { EventPattern, MatchedName } from './events/pattern.ts';
import { checkAnnotation } from './execution/annotation.ts';
import { appliedEarlier, askForTask } from './execution/client.ts';
import type { CreateWithin } from './execution/create-within.ts';
import type { Operations } from './operations-parts.ts';
import type { Advance } from './execution/engine-limits.ts';
import type { Engine } from './execution/engine.ts';
import { tellUnregistered } from './execution/handler-narration.ts';
import type { Retention } from './log/retention.ts';
import type { LiveEvents } from './execution/live-events.ts';
import type { OperatorRequest } from './execution/operator-request.ts';
import { type BackupResult, isShared, type Storage } from './execution/storage.ts';
import type { TaskTypes } from './execution/task-types.ts';
import type { Clock } from './shared/clock.ts';
import { isTaskerError, TaskerError } from './shared/errors.ts';
import type { Random } from './shared/ids.ts';
import type { JsonObject, JsonValue } from './shared/json.ts';
import type { Subscribers } from './subscribers/subscribers.ts';
import { asJson, whoAndWhy } from './operator-words.ts';
import { onStopSignals } from './stop-signals.ts';
import { eventsOf, timeline } from './task-history.ts';
import { TaskLookup } from './task-lookup.ts';
import { TaskWaiting } from './task-waiting.ts';
import { snapshotOf } from './task-view.ts';
import { requireOpen, startedOtherwise, within } from './tasker-refusals.ts';
import { TaskerAlerts, type TaskerAlertsParts } from './tasker-alerts.ts';
import { TaskerSubscribers } from './tasker-subscribers.ts';
import type {
  AlertSilence,
  AlertTest,
  AlertTestOptions,
  AlertView,
  AnnotationInput,
  EngineStatus,
  EventPage,
  EventQuery,
  ListQuery,
  OperatorAction,
  ParkedOutcome,
  ParkedPage,
  ParkedQuery,
  ReplayOptions,
  ReplayProgress,
  RetryAction,
  RunOptions,
  SilenceInput,
  StartOptions,
  StopOptions,
  SubscriberStatus,
  Tasker,
  TaskHandle,
  TaskHistory,
  TaskPage,
  TaskRequest,
  TaskView,
  TestedRoute,
  TransactionClient,
  Unregistered,
} from './tasker.ts';
import { checkTemplateFile } from './tasks/load-template.ts';
import type { TemplateProblem } from './tasks/template-problem.ts';
import type { TaskTemplate } from './tasks/template.ts';

export interface FacadeParts extends TaskerAlertsParts {
  readonly config: ResolvedConfig;
  readonly storage: Storage;
  readonly types: TaskTypes;
  readonly engine: Engine;
  readonly within: CreateWithin;
  readonly subscribers: Subscribers;
  /** null: everything is kept. */
  readonly retention: Retention | null;
  readonly operations: Operations;
  /** Awaited when the engine has stopped: lets go of what nothing more is handed to. */
  readonly afterEngine: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly bus: Bus;
  readonly directory: EventDirectory;
  readonly live: LiveEvents;
  /** Something that no caller waits for went wrong. */
  readonly onProblem: (error: unknown) => void;
}

const mostEvents = 10_000;

/** The public API over its parts: goes to the engine if it runs here, and asks it through the store if it does not. */
export class TaskerFacade implements Tasker {
  readonly #parts: FacadeParts;
  readonly #subscribers: TaskerSubscribers;
  readonly #alerts: TaskerAlerts;
  readonly #tasks: TaskLookup;
  readonly #waiting: TaskWaiting;
  readonly catalog: Discovery;
  /** For whoever shows or logs it: without what is secret. */
  readonly resolvedConfig: ResolvedConfig;
  readonly backtestAlerts: Tasker['backtestAlerts'] = (options) => this.#parts.backtestAlerts(options);
  readonly pendingAlerts: Tasker['pendingAlerts'] = () => this.#alerts.pending();
  #starting: Promise<void> | null = null;
  #advance: Advance = 'all';
  #stopping: Promise<void> | null = null;
  #closed = false;
  #forgetSignals: (() => void) | null = null;

  constructor(parts: FacadeParts) {
    this.#parts = parts;
    const { config } = parts;
    this.resolvedConfig = Object.freeze({ ...config, storage: Object.freeze(withoutSecrets(config.storage)) });
    this.#subscribers = new TaskerSubscribers(parts);
    this.#alerts = new TaskerAlerts(parts);
    this.#tasks = new TaskLookup(parts, () => this.#closed);
    this.#waiting = new TaskWaiting(parts, this.#tasks, () => this.#stopping !== null);
    this.catalog = discovery(parts.directory, parts.bus, (event) => parts.subscribers.handling(event));
  }

  start(options: StartOptions = {}): Promise<void> {
    const { advance = 'all' } = options;
    if (this.#starting !== null && advance !== this.#advance) return Promise.reject(startedOtherwise(this.#advance));
    this.#advance = advance;
    this.#starting ??= this.#start(options).catch((error: unknown) => {
      // An engine that is in the way may be gone at the next try.
      this.#starting = null;
      if (!this.#parts.engine.running) void this.#parts.operations.close();
      throw error;
    });
    return this.#starting;
  }

  stop(options: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.graceMs ?? this.#parts.config.limits.stopGraceMs);
    return this.#stopping;
  }

  async run(request: TaskRequest, { commandId }: RunOptions = {}): Promise<TaskHandle> {
    this.#requireNotStopped();
    const { engine, storage } = this.#parts;
    // An engine for all takes the stored request up by itself.
    if (engine.running && (commandId === undefined || this.#advance === 'own')) {
      const earlier = commandId === undefined ? null : await appliedEarlier(this.#parts, commandId);
      const created = earlier ?? (await this.#unlessElsewhere(() => engine.create(request, commandId)));
      if (created !== null) return this.#handle(created.taskId, created.existing ?? false);
    }
    if (!(await storage.workers.isEngineRunning())) {
      throw new TaskerError(
        'TASKER_ENGINE_NOT_RUNNING',
        `No engine is running on ${storage.location}; start one, in this or another process.`,
      );
    }
    const { taskId, existing = false } = await askForTask(this.#parts, 'run', null, asJson(request), commandId);
    return this.#handle(taskId, existing);
  }

  async runIn(client: TransactionClient, request: TaskRequest): Promise<TaskHandle> {
    this.#requireNotStopped();
    const { taskId, existing } = await this.#parts.within.create(client, request);
    return this.#handle(taskId, existing);
  }

  async get(taskId: string): Promise<TaskView> {
    return this.#tasks.view(snapshotOf(await this.#tasks.require(taskId)));
  }

  async list({ limit = 50, before, ...filter }: ListQuery = {}): Promise<TaskPage> {
    requireOpen(!this.#closed);
    const page = { limit: within(limit, 1000), ...(before !== undefined && { before }) };
    return this.#parts.storage.reader.list({ filter, ...page });
  }

  async history(taskId: string): Promise<TaskHistory> {
    const task = await this.get(taskId);
    const { log, reader } = this.#parts.storage;
    const events = await eventsOf(log, taskId);
    return { task, timeline: timeline(events, await reader.errors(taskId)) };
  }

  async events({ after = 0, limit = 1000, ...filter }: EventQuery = {}): Promise<EventPage> {
    requireOpen(!this.#closed);
    const page = await this.#parts.storage.log.read({ after, limit: within(limit, mostEvents), filter });
    return { events: page.events, lastPosition: page.lastPosition };
  }

  async lastPosition(): Promise<number> {
    requireOpen(!this.#closed);
    return this.#parts.storage.log.lastPosition();
  }

  wait(taskId: string, options: { readonly signal?: AbortSignal } = {}): Promise<TaskView> {
    return this.#waiting.wait(taskId, options);
  }

  cancel(taskId: string, action: OperatorAction = {}): Promise<TaskView> {
    return this.#operate(taskId, { kind: 'cancel', ...whoAndWhy(action) });
  }

  retry(taskId: string, action: RetryAction = {}): Promise<TaskView> {
    const { step, newIdempotencyKey } = action;
    return this.#operate(taskId, { kind: 'retry', ...whoAndWhy(action), step, newIdempotencyKey });
  }

  resolve(
    taskId: string,
    action: OperatorAction & { readonly step?: string; readonly results?: JsonObject } = {},
  ): Promise<TaskView> {
    return this.#operate(taskId, { kind: 'resolve', ...whoAndWhy(action), step: action.step, results: action.results });
  }

  skip(taskId: string, action: OperatorAction & { readonly step: string }): Promise<TaskView> {
    return this.#operate(taskId, { kind: 'skip', ...whoAndWhy(action), step: action.step });
  }

  async annotate(taskId: string, { key, value, step, ...who }: AnnotationInput): Promise<TaskView> {
    // Also before it is a command row: that would lie in the store however large it is.
    checkAnnotation(key, value);
    return this.#operate(taskId, { kind: 'annotate', ...whoAndWhy(who), step, annotation: { key, value } });
  }

  on<Pattern extends EventPattern>(
    pattern: Pattern,
    listener: Listener<MatchedName<Pattern>>,
    options?: OnOptions,
  ): () => void {
    return listenWith(this.#parts, pattern, listener, options);
  }

  listen<Pattern extends EventPattern>(pattern: Pattern, options?: ListenOptions): EventStream<MatchedName<Pattern>> {
    return streamOf(this.#parts, pattern, options);
  }

  subscribers(): Promise<readonly SubscriberStatus[]> {
    return this.#parts.subscribers.list();
  }

  alerts(): Promise<readonly AlertView[]> {
    return this.#alerts.list();
  }

  silences(): Promise<readonly AlertSilence[]> {
    return this.#alerts.silences();
  }

  acknowledgeAlert(key: string, action: OperatorAction = {}): Promise<AlertView> {
    return this.#alerts.acknowledge(key, action);
  }

  silenceAlerts(silence: SilenceInput): Promise<AlertSilence> {
    return this.#alerts.silence(silence);
  }

  liftSilence(id: string, action: OperatorAction = {}): Promise<AlertSilence> {
    return this.#alerts.lift(id, action);
  }

  testAlert(test: AlertTest, options: AlertTestOptions = {}): Promise<TestedRoute> {
    return this.#alerts.test(test, options);
  }

  subscriberState(name: string): Promise<JsonValue> {
    return this.#subscribers.state(name);
  }

  backup(file: string, options?: { readonly overwrite?: boolean }): Promise<BackupResult> {
    return this.#parts.storage.backup(file, options);
  }

  templates(): readonly TaskTemplate[] {
    return this.#parts.types.all().map(({ plan }) => plan.template);
  }

  parked(name?: string, query?: ParkedQuery): Promise<ParkedPage> {
    return this.#subscribers.parked(name, query);
  }

  retryParked(name: string, position?: number): Promise<ParkedOutcome> {
    return this.#subscribers.retryParked(name, position);
  }

  dropParked(name: string, position?: number): Promise<ParkedOutcome> {
    return this.#subscribers.dropParked(name, position);
  }

  unregister(subscriber: string): Promise<Unregistered> {
    return this.#subscribers.unregister(subscriber);
  }

  replay(name: string, options: ReplayOptions): Promise<ReplayProgress> {
    return this.#subscribers.replay(name, options);
  }

  validateTemplate(
    source: { readonly text: string; readonly file: string },
    options: { readonly strict?: boolean } = {},
  ): readonly TemplateProblem[] {
    return checkTemplateFile(source, { strict: options.strict ?? this.#parts.config.strict });
  }

  status(): EngineStatus {
    const { engine, bus, operations } = this.#parts;
    return { ...engine.status(), listenerFailures: bus.failures, operationsUrl: operations.url };
  }

  isEngineRunning(): Promise<boolean> {
    return this.#parts.storage.workers.isEngineRunning();
  }

  async #start({ advance = 'all', handleSignals = false }: StartOptions): Promise<void> {
    this.#requireNotStopped();
    const { types, storage, engine, subscribers, operations } = this.#parts;
    // First, because it may fail: an engine that runs must not be left behind by a start that is refused.
    await operations.open();
    await engine.start(advance, async () => {
      // Only an engine makes revisions known: a client with other templates must not change what the engine runs.
      for (const { templateId, plan } of types.all()) {
        const { namespace, name, version } = plan.template;
        await storage.templates.save({ id: templateId, namespace, name, version, body: JSON.stringify(plan.template) });
      }
    });
    await subscribers.start();
    // An engine for a task of its own is gone before anything has to be swept.
    if (advance !== 'own') this.#parts.retention?.start();
    if (handleSignals) this.#forgetSignals = onStopSignals(() => void this.stop().catch(this.#parts.onProblem));
  }

  async #stop(graceMs: number): Promise<void> {
    const { engine, storage, types, bus, live, subscribers, afterEngine } = this.#parts;
    subscribers.prepareStop();
    await this.#starting?.catch(() => undefined);
    this.#forgetSignals?.();
    await this.#parts.operations.close();
    try {
      await engine.stop(graceMs);
    } finally {
      await afterEngine();
      for (const { plan } of types.all()) tellUnregistered(live, plan.template);
      bus.close();
      this.#closed = true;
      await storage.close();
    }
  }

  async #operate(taskId: string, request: OperatorRequest): Promise<TaskView> {
    this.#requireNotStopped();
    const { engine } = this.#parts;
    const here = async () => (await engine.operate(taskId, request), true);
    if (!engine.running || (await this.#unlessElsewhere(here)) === null) {
      await this.#tasks.require(taskId);
      const { kind, ...body } = request;
      await askForTask(this.#parts, kind, taskId, asJson(body));
    }
    return this.get(taskId);
  }

  /** null where another worker has it in its hands, or this one has been taken for lost: others are asked through the store. */
  async #unlessElsewhere<T>(here: () => Promise<T>): Promise<T | null> {
    try {
      return await here();
    } catch (error) {
      if (isShared(this.#parts.storage) && isTaskerError(error, 'TASKER_LEASE_LOST')) return null;
      throw error;
    }
  }

  #handle(id: string, existing: boolean): TaskHandle {
    return { id, existing, wait: (options) => this.wait(id, options) };
  }

  /** Also while it is stopping: a row for its own engine would be carried out by the next one, after a refusal. */
  #requireNotStopped(): void {
    requireOpen(this.#stopping === null);
  }
}
