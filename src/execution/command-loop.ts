import type { Clock, Timer } from '../shared/clock.ts';
import { errorMessage, errorTable, isTaskerError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import type { CommandInbox, StoredCommand } from './command-inbox.ts';
import { type OperatorRequest, taskCommandKinds } from './operator-request.ts';

export interface CommandLoopOptions {
  readonly inbox: CommandInbox;
  readonly clock: Clock;
  readonly engine: {
    create(request: unknown, commandId: string): Promise<{ taskId: string }>;
    operate(taskId: string, request: OperatorRequest, commandId: string): Promise<void>;
  };
  /**
   * null: every command is this engine's. Otherwise those of these tasks alone: it would stop in the middle of others'
   * work. All others stay, and a `run` is refused while its sender still waits, who may become an engine then.
   */
  readonly ownTasks: () => readonly string[] | null;
  /** Commands that are no task's: carried out elsewhere, for an answer. */
  readonly carryOutOther: (command: StoredCommand) => Promise<JsonObject>;
  readonly onProblem: (error: unknown) => void;
}

/** A command that is being carried out, or refused. */
interface Begun {
  readonly id: string;
  readonly done: Promise<void>;
}

const pollIntervalMs = 250;
const batch = 100;
const mostOfOneTask = 100_000;

/** Carries out what other processes ask of this engine. */
export class CommandLoop {
  readonly #options: CommandLoopOptions;
  readonly #underWay = new Map<string, { readonly ofTask: boolean; readonly done: Promise<void> }>();
  /** Commands that wait for trouble to pass, of which it was told. */
  readonly #told = new Set<string>();
  #timer: Timer | null = null;
  #started = false;
  /** A command that could not be carried out yet is still there, though nothing new was submitted. */
  #unsettled = true;
  #polling: Promise<void> | null = null;

  constructor(options: CommandLoopOptions) {
    this.#options = options;
  }

  /** Resolves when what tasks were asked before has been taken up, or could not be. */
  async start(): Promise<void> {
    this.#started = true;
    this.#polling = this.#applyWaiting();
    await this.#polling;
  }

  /** A hint that something was asked: looks at once. */
  wake(): void {
    if (!this.#started || this.#timer === null) return;
    this.#timer.cancel();
    this.#timer = null;
    this.#polling = this.#poll();
  }

  /** Carries out what was asked of a task that this engine is about to take up. */
  async applyTo(taskId: string): Promise<void> {
    // All at once: the task's first turn takes them together, and what it begins comes after the last of them.
    const commands = await this.#options.inbox.pending(mostOfOneTask, [taskId]);
    await Promise.allSettled(this.#beginEach(commands, true).map(({ done }) => done));
  }

  /**
   * Awaits what is under way for tasks. What a subscriber was asked may take as long as its handlers do, or for ever:
   * what has no answer by then stays for the next engine.
   */
  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    await this.#polling;
    await Promise.allSettled([...this.#underWay.values()].filter(({ ofTask }) => ofTask).map(({ done }) => done));
  }

  /** All of it, however much it is: as long as a batch brings commands that have not been tried. */
  async #applyWaiting(): Promise<void> {
    const tried = new Set<string>();
    for (let before = -1; this.#started && tried.size > before;) {
      before = tried.size;
      const begun = await this.#takePending();
      for (const { id } of begun) tried.add(id);
      await Promise.allSettled(begun.map(({ done }) => done));
      if (!this.#unsettled) break;
    }
    this.#pollLater();
  }

  async #poll(): Promise<void> {
    await this.#takePending();
    this.#pollLater();
  }

  #pollLater(): void {
    if (!this.#started) return;
    this.#timer = this.#options.clock.setTimer(pollIntervalMs, () => {
      this.#timer = null;
      this.#polling = this.#poll();
    });
  }

  /** If there may be any. Returns what it has begun for tasks. */
  async #takePending(): Promise<readonly Begun[]> {
    const { inbox, ownTasks, onProblem } = this.#options;
    try {
      if (!inbox.hasNews() && !this.#unsettled) return [];
      this.#unsettled = false;
      const own = ownTasks();
      const commands = await inbox.pending(batch, own ?? undefined);
      // A full batch may not be all of them, and carrying it out brings no news of the rest.
      if (commands.length === batch) this.#unsettled = true;
      return this.#beginEach(commands, own !== null);
    } catch (error) {
      this.#unsettled = true;
      onProblem(error);
      return [];
    }
  }

  /** Returns those of tasks. */
  #beginEach(commands: readonly StoredCommand[], ownTasksAlone: boolean): readonly Begun[] {
    const begun = commands.map((command) => ({
      id: command.id,
      ofTask: isOfTask(command),
      done: this.#begin(command, () =>
        ownTasksAlone && command.kind === 'run' ? this.#refuse(command) : this.#carryOut(command),
      ),
    }));
    return begun.filter(({ ofTask }) => ofTask);
  }

  #begin(command: StoredCommand, carryOut: () => Promise<void>): Promise<void> {
    const underWay = this.#underWay.get(command.id);
    if (underWay !== undefined) return underWay.done;
    const ofTask = isOfTask(command);
    const done = carryOut()
      .then(() => void this.#told.delete(command.id))
      .catch((error: unknown) => {
        if (!this.#started && !ofTask) return;
        this.#unsettled = true;
        if (!this.#told.has(command.id)) this.#options.onProblem(error);
        this.#told.add(command.id);
      })
      .finally(() => this.#underWay.delete(command.id));
    this.#underWay.set(command.id, { ofTask, done });
    return done;
  }

  #refuse({ id }: StoredCommand): Promise<void> {
    return this.#options.inbox.refuseAwaited(
      id,
      'TASKER_ENGINE_OCCUPIED',
      'The engine on this store works for one task alone and ends with it; try again then.',
    );
  }

  async #carryOut(command: StoredCommand): Promise<void> {
    const { engine, inbox } = this.#options;
    try {
      if (command.kind === 'run') await engine.create(command.body, command.id);
      else if (isTaskCommand(command.kind))
        await engine.operate(command.taskId ?? '', operatorRequest(command, command.kind), command.id);
      else await inbox.settle(command.id, { kind: 'answered', answer: await this.#options.carryOutOther(command) });
    } catch (error) {
      // What refuses now may take the command later: it stays. So it does when a subscriber was stopped meanwhile.
      if ((isTaskerError(error) && errorTable[error.code].retryable) || (!this.#started && !isOfTask(command)))
        throw error;
      const code = isTaskerError(error) ? error.code : 'TASKER_INTERNAL';
      await inbox.settle(command.id, { kind: 'refused', code, message: errorMessage(error) });
    }
  }
}

function isOfTask({ kind }: StoredCommand): boolean {
  return kind === 'run' || isTaskCommand(kind);
}

function isTaskCommand(kind: StoredCommand['kind']): kind is OperatorRequest['kind'] {
  return taskCommandKinds.some((one) => one === kind);
}

function operatorRequest({ body }: StoredCommand, kind: OperatorRequest['kind']): OperatorRequest {
  // Any process can write a row: the engine checks the request as it checks one of its own.
  return { ...(body as unknown as OperatorRequest), kind };
}
