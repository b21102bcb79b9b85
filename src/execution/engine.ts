import { holdProcess } from '../shared/clock.ts';
import { isTaskerError, TaskerError } from '../shared/errors.ts';
import { isAtRest } from '../tasks/readiness.ts';
import { fullTaskName } from '../tasks/template.ts';
import { Away } from './away.ts';
import type { RunMode } from './decider.ts';
import { CommandLoop } from './command-loop.ts';
import { decideCreation } from './creation.ts';
import { DueTasks } from './due-tasks.ts';
import type { Advance } from './engine-limits.ts';
import type { EngineOptions } from './engine-options.ts';
import { loadTask } from './load-task.ts';
import { type LoadedTask, newTask } from './loaded-task.ts';
import { Membership } from './membership.ts';
import { checkRequest, operatorInput, type OperatorRequest } from './operator-request.ts';
import { giveBackOrphan } from './orphan.ts';
import type { Recorder } from './recorder.ts';
import { type RestListener, RestListeners } from './rest-listeners.ts';
import { StepSlots } from './step-slots.ts';
import { isShared } from './storage.ts';
import { type InputOfRun, TaskLoading } from './task-loading.ts';
import { type RunSurroundings, TaskRun } from './task-run.ts';
import { prepareTask } from './task-request.ts';
import type { Schedule } from './task-store.ts';
import { isRunnableHere } from './task-type.ts';
import type { Input } from './turn.ts';
import { Unreturned } from './unreturned.ts';
import { UnrunnableTemplates } from './unrunnable-templates.ts';
import type { TakenTask } from './work-queue.ts';

/**
 * The engine of a store: takes tasks up, lets them run, gives them back.
 *
 * new → running → stopping → stopped. It stops once: a stopped engine is not started again.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #recorder: Recorder;
  readonly #slots: StepSlots;
  readonly #runs = new Map<string, TaskRun>();
  readonly #loading: TaskLoading;
  readonly #restListeners = new RestListeners();
  readonly #unreturned = new Unreturned();
  readonly #unrunnable: UnrunnableTemplates;
  readonly #away: Away;
  readonly #surroundings: RunSurroundings;
  readonly #due: DueTasks;
  readonly #commands: CommandLoop;
  readonly #membership: Membership;
  #phase: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #advance: Advance = 'all';
  /** What was asked while no engine ran has been carried out; until then no step begins. */
  #caughtUp = false;
  #lateResults = 0;
  #forgetNews: (() => void) | null = null;
  #letProcessEnd: (() => void) | null = null;
  #whenEmpty: (() => void) | null = null;

  constructor(options: EngineOptions) {
    const { storage, recorder, clock, random, limits, narration, tracing, inSpan, onProblem } = options;
    this.#options = options;
    this.#unrunnable = new UnrunnableTemplates(onProblem);
    this.#away = new Away(isShared(storage));
    this.#recorder = recorder;
    this.#slots = new StepSlots({
      perProcess: limits.stepsPerProcess,
      maxAbandoned: limits.abandonedHandlers,
      perNamespace: limits.stepsPerNamespace,
      perDependentSystem: limits.stepsPerDependentSystem,
    });
    this.#membership = new Membership({
      workers: storage.workers,
      clock,
      random,
      narration,
      unresponsiveMs: limits.unresponsiveMs,
      onLapsed: () => this.#lapsed(),
      onProblem,
    });
    this.#surroundings = {
      clock,
      random,
      recorder,
      slots: this.#slots,
      narration,
      limits,
      watched: this.#membership.watched,
      stoodStillMs: () => this.#membership.stoodStillMs,
      tracing,
      inSpan,
      // Nobody would take up again what an engine for its own tasks alone had put back.
      mayRelease: () => this.#advance !== 'own',
      awayMs: (taskId) => this.#away.ms(taskId),
      accepting: () => this.working && (this.#caughtUp || this.#advance === 'own'),
      onLate: () => {
        this.#lateResults += 1;
      },
      onProblem,
      onRest: (run) => this.#restListeners.announce(run),
      onClosed: (run, schedule) => this.#closed(run, schedule),
    };
    this.#loading = new TaskLoading({
      storage,
      holds: (taskId) => this.#runs.has(taskId),
      load: (taken, mode, inputs) => this.#load(taken, mode, inputs),
    });
    this.#due = new DueTasks({
      queue: storage.queue,
      namespaces: options.namespaces,
      clock,
      room: () => (this.#mayTake ? limits.tasksInMemory - this.#runs.size - this.#loading.size : 0),
      before: () => this.#unreturned.tryAgain(),
      takeUp: (taken, mode) => this.#loading.takeUp(taken, mode),
      onProblem,
    });
    this.#commands = new CommandLoop({
      inbox: storage.commands,
      clock,
      engine: this,
      othersMay: isShared(storage),
      ownTasks: () => (this.#advance === 'own' ? [...this.#runs.keys()] : null),
      carryOutOther: options.carryOutOther,
      onProblem,
    });
  }

  get running(): boolean {
    return this.#phase === 'running';
  }

  get #mayTake(): boolean {
    return this.#advance !== 'none' && this.#membership.held;
  }

  /** Of this process, among those that work on the store. */
  get workerId(): string {
    return this.#membership.id;
  }

  /** It is among those that work on the store, if only to come to an end, and nobody has taken it for lost. */
  get joined(): boolean {
    return (this.#phase === 'running' || this.#phase === 'stopping') && this.#membership.held;
  }

  /** It runs, and nobody has taken it for lost. */
  get working(): boolean {
    return this.running && this.#membership.held;
  }

  status() {
    let attemptsRunning = 0;
    let idle = 0;
    for (const { attempts } of this.#runs.values()) {
      attemptsRunning += attempts.size;
      if (attempts.size === 0) idle += 1;
    }
    return {
      running: this.running,
      tasksInMemory: this.#runs.size,
      attemptsRunning,
      tasksReady: this.#slots.waiting,
      tasksWaiting: idle,
      abandonedHandlers: this.#slots.abandoned,
      lateResults: this.#lateResults,
      changesQueued: this.#recorder.queued,
      lastStorageError: this.#recorder.lastError,
    };
  }

  /** `prepare` runs once this is the store's engine, before any task is taken up. */
  async start(advance: Advance, prepare: () => Promise<void>): Promise<void> {
    await this.#membership.join();
    this.#letProcessEnd = holdProcess();
    this.#phase = 'running';
    this.#advance = advance;
    this.#forgetNews = this.#options.storage.queue.watch(() => this.#commands.wake());
    try {
      await prepare();
    } catch (error) {
      // Those who observe it have not been started, and must be able to be at the next try.
      await this.#stop(0).catch(this.#options.onProblem);
      this.#phase = 'new';
      throw error;
    }
    // What was asked while no engine ran comes first: a step of a task that was cancelled then is not begun again.
    const applied = this.#commands.start();
    if (advance !== 'own') void this.#takeDueAfter(applied);
  }

  async #takeDueAfter(applied: Promise<void>): Promise<void> {
    await applied;
    this.#caughtUp = true;
    if (this.#phase === 'running') this.#due.start();
  }

  /** No new steps; running ones may end within the grace, then they are aborted and returned. */
  stop(graceMs: number): Promise<void> {
    return this.#stop(graceMs, this.#options.beforeLeave);
  }

  async #stop(graceMs: number, beforeLeave?: EngineOptions['beforeLeave']): Promise<void> {
    if (this.#phase !== 'running') return;
    this.#phase = 'stopping';
    this.#forgetNews?.();
    try {
      await this.#commands.stop();
      await this.#due.stop();
      await this.#loading.settled();
      for (const run of this.#runs.values()) run.pass();
      await this.#emptied(graceMs);
      // Attempts whose beginning is still being written are running by then, and are returned with the others.
      await this.#recorder.drain();
      let returnedAttempts = 0;
      for (const run of this.#runs.values()) returnedAttempts += run.returnAttempts();
      // What cannot be written now is recovered by the next engine, as after a crash.
      if (this.#recorder.lastError === null) await this.#emptied(graceMs + 1000);
      await this.#recorder.drain();
      await beforeLeave?.();
      await this.#membership.leave({ returnedAttempts, abandonedHandlers: this.#slots.abandoned });
    } finally {
      this.#phase = 'stopped';
      await this.#membership.end();
      this.#letProcessEnd?.();
      for (const run of this.#runs.values()) run.abandon();
      this.#restListeners.stopped();
    }
  }

  /** Creates a task; resolves when it is on disk. `commandId`: the command row that asked for it. */
  async create(request: unknown, commandId?: string): Promise<{ taskId: string; existing: boolean }> {
    this.#requireRunning();
    const { types, clock, random, limits, tracing } = this.#options;
    const prepared = prepareTask(request, { types, clock, random, maxContextBytes: limits.contextBytes, tracing });
    // One that came later does not go before those that wait for room: it waits with them, by its priority.
    const hasRoom = (this.#runs.size < limits.tasksInMemory && !this.#due.backlog) || this.#advance === 'own';
    const task = newTask(prepared.type, prepared.row);
    const run = new TaskRun(task, null, this.#surroundings, hasRoom ? this.#modeFor(task) : 'watch');
    this.#runs.set(run.id, run);
    const earlier = await run.create({
      decide: (turn) => {
        turn.causedBy(commandId ?? null);
        decideCreation(turn, prepared, task);
        if (commandId !== undefined) turn.commands.push(commandId);
      },
    });
    if (earlier === null) {
      if (run.isAbandoned && this.running)
        await giveBackOrphan(run, { clock, recorder: this.#recorder, unreturned: this.#unreturned });
      return { taskId: run.id, existing: false };
    }
    if (commandId !== undefined)
      await this.#options.storage.commands.settle(commandId, { kind: 'applied', taskId: earlier, existing: true });
    await this.adopt(earlier);
    return { taskId: earlier, existing: true };
  }

  /** An engine for its own tasks alone takes up a task that somebody waits for: nobody else would. */
  async adopt(taskId: string): Promise<void> {
    if (this.#advance !== 'own') return;
    await this.#applyStored(taskId);
    if (this.#runs.has(taskId) || this.#loading.get(taskId) !== undefined) return;
    const run = await this.#loading.takeOne(taskId).run.catch((error: unknown) => {
      // Another worker has it: then that one goes on with it.
      if (isShared(this.#options.storage) && isTaskerError(error, 'TASKER_LEASE_LOST')) return null;
      throw error;
    });
    if (run === null || !isStuckHere(run.task)) return;
    throw new TaskerError(
      'TASKER_HANDLER_NOT_FOUND',
      `Task '${taskId}' (${fullTaskName(run.task.row)}) cannot go on here: this process has no handlers for it. Register that version and try again.`,
      { details: { taskId } },
    );
  }

  /** Carries an operator's request out; resolves when it is on disk, rejects when it is refused or not written. */
  async operate(taskId: string, request: OperatorRequest, commandId?: string): Promise<void> {
    const checked = checkRequest(request, this.#options.limits.resultBytes);
    if (commandId === undefined) await this.#applyStored(taskId);
    // A run that closed before it came to the request, or was not loaded after all: look again.
    for (;;) {
      this.#requireRunning();
      const outcome = await new Promise<'done' | 'dropped'>((resolve, reject) => {
        const inputFor = (run: TaskRun): Input =>
          operatorInput(run, checked, commandId, {
            done: () => resolve('done'),
            dropped: () => resolve('dropped'),
            reject,
          });
        const run = this.#runs.get(taskId);
        if (run !== undefined) return run.post(inputFor(run));
        const underWay = this.#loading.get(taskId);
        const loading = underWay ?? this.#loading.takeOne(taskId);
        loading.inputs.push(inputFor);
        const dropped = (): void => resolve('dropped');
        loading.run.then((taken) => taken ?? dropped(), underWay === undefined ? reject : dropped);
      });
      if (outcome === 'done') return;
    }
  }

  /** An engine for its own tasks alone looks for what was asked of a task when it comes to it: it polls for its own. */
  async #applyStored(taskId: string): Promise<void> {
    if (this.#advance === 'own' && this.#phase === 'running' && !this.#runs.has(taskId))
      await this.#commands.applyTo(taskId);
  }

  /** Whether the task is in this engine's hands and still moving: then `onRest` will tell, and nobody needs to look. */
  isMoving(taskId: string): boolean {
    const run = this.#runs.get(taskId);
    return run !== undefined && (run.state === null || !isAtRest(run.state));
  }

  /** Calls back once when the task has ended or was parked, or, with null, when this engine stops. */
  onRest(taskId: string, listener: RestListener): () => void {
    return this.#restListeners.add(taskId, listener);
  }

  async #load(taken: TakenTask, mode: RunMode, inputs: readonly InputOfRun[]): Promise<TaskRun | null> {
    const { storage, ...around } = this.#options;
    const parts = { ...around, tasks: storage.tasks, recorder: this.#recorder, unreturned: this.#unreturned };
    const task = await loadTask(taken, parts);
    if (task === null) return null;
    if (isStuckHere(task)) {
      this.#away.met(taken.taskId);
      this.#unrunnable.warnOf(task.type);
    }
    const own = mode === 'watch' ? mode : this.#modeFor(task);
    const run = new TaskRun(task, taken.lease, this.#surroundings, own);
    this.#runs.set(run.id, run);
    run.takeUp(inputs.map((inputFor) => inputFor(run)));
    return run;
  }

  #closed(run: TaskRun, schedule: Schedule | null): void {
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id);
    this.#due.released(run.id, schedule);
    if (this.#runs.size === 0) this.#whenEmpty?.();
  }

  /** Others may have these tasks by now: their handlers are aborted, and nothing of them is written any more. */
  #lapsed(): void {
    for (const run of this.#runs.values()) run.abandon();
    this.#options.onLapsed?.();
  }

  #modeFor({ row }: LoadedTask): RunMode {
    if (this.#advance === 'own') return 'advance';
    const serves = this.#options.namespaces?.includes(row.namespace) ?? true;
    return serves && this.#advance === 'all' ? 'advance' : 'watch';
  }

  /** Resolves when no task is held any more, or when the time is up. */
  async #emptied(withinMs: number): Promise<void> {
    if (this.#runs.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.setTimer(withinMs, resolve);
      this.#whenEmpty = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#whenEmpty = null;
  }

  #requireRunning(): void {
    if (this.#phase === 'running') return;
    throw new TaskerError(
      'TASKER_ENGINE_NOT_RUNNING',
      `The engine is ${this.#phase}; start a tasker on this store first.`,
    );
  }
}

/** It could go on, but not in this process. */
function isStuckHere({ type, state }: LoadedTask): boolean {
  return !isRunnableHere(type) && state !== null && !isAtRest(state);
}
