import type { Clock, Timer } from '../shared/clock.ts';
import { errorMessage, errorTable, isTaskerError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import type { CommandInbox, StoredCommand } from './command-inbox.ts';
import { CommandPages } from './command-pages.ts';
import { type OperatorRequest, taskCommandKinds } from './operator-request.ts';

export interface CommandLoopOptions {
  readonly inbox: CommandInbox;
  readonly clock: Clock;
  readonly engine: {
    create(request: unknown, commandId: string): Promise<{ taskId: string }>;
    operate(taskId: string, request: OperatorRequest, commandId: string): Promise<void>;
  };
  /** Whether other processes carry out commands of this store too. */
  readonly othersMay: boolean;
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
/**
 * So long a template that is not known here is left to others, who may be newer, and busy: by time, not by tries, which
 * one that has nothing else to do would use up before they look. Whoever asked still waits when it is over.
 */
const leftToOthersMs = 3_000;
const mostOfOneTask = 100_000;
/**
 * Beyond that none is begun until others are done. What tasks are asked and what subscribers are asked are counted
 * apart: some of the latter never is, or waits for a replay to end, and must hold up no task.
 */
const mostUnderWay = 1_000;
const mostRemembered = 10_000;

/** Carries out what other processes ask of this engine. */
export class CommandLoop {
  readonly #options: CommandLoopOptions;
  readonly #pages: CommandPages;
  readonly #underWay = new Map<string, { readonly ofTask: boolean; readonly done: Promise<void> }>();
  /** Commands that wait for trouble to pass, of which it was told. */
  readonly #told = new Set<string>();
  /** Since when a command has been left to others; gone when that is over. */
  readonly #leftSinceMs = new Map<string, number>();
  #timer: Timer | null = null;
  #started = false;
  /** A command that could not be carried out yet is still there, though nothing new was submitted. */
  #unsettled = true;
  #polling: Promise<void> | null = null;
  /** Told of news: the next look is now, or, while one is under way, right after it. */
  #woken = false;

  constructor(options: CommandLoopOptions) {
    this.#options = options;
    this.#pages = new CommandPages(options.inbox);
  }

  /** Resolves when what tasks were asked before has been taken up, or could not be. */
  async start(): Promise<void> {
    this.#started = true;
    this.#polling = this.#applyWaiting();
    await this.#polling;
  }

  /** A hint that something was asked: looks at once. */
  wake(): void {
    if (!this.#started || this.#woken) return;
    this.#woken = true;
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#pollLater();
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

  /** All of it, once, however much it is. */
  async #applyWaiting(): Promise<void> {
    do {
      const begun = await this.#takePending();
      if (begun === null) break;
      await Promise.allSettled(begun.map(({ done }) => done));
    } while (this.#started && !this.#pages.isRoundOver);
    this.#pollLater();
  }

  async #poll(): Promise<void> {
    await this.#takePending();
    this.#pollLater();
  }

  #pollLater(): void {
    if (!this.#started) return;
    // Never within who tells: the inbox is told by the same notification, maybe only after this one.
    this.#timer = this.#options.clock.setTimer(this.#woken ? 0 : pollIntervalMs, () => {
      this.#timer = null;
      this.#woken = false;
      this.#polling = this.#poll();
    });
  }

  /** If there may be any. Returns what it has begun for tasks; null when it could not look. */
  async #takePending(): Promise<readonly Begun[] | null> {
    const { inbox, ownTasks, onProblem } = this.#options;
    if (this.#countUnderWay(true) >= mostUnderWay) return null;
    try {
      if (!inbox.hasNews() && !this.#unsettled) return [];
      this.#unsettled = false;
      const own = ownTasks();
      const { commands, more } = await this.#pages.next(own ?? undefined);
      // Carrying these out brings no news of the others.
      if (more) this.#unsettled = true;
      return this.#beginEach(commands, own !== null);
    } catch (error) {
      this.#unsettled = true;
      onProblem(error);
      return null;
    }
  }

  /** Returns those of tasks. */
  #beginEach(commands: readonly StoredCommand[], ownTasksAlone: boolean): readonly Begun[] {
    const begun: Begun[] = [];
    let others = this.#countUnderWay(false);
    for (const command of commands) {
      const { id } = command;
      const ofTask = isOfTask(command);
      if (!ofTask && !this.#underWay.has(id)) {
        if (others >= mostUnderWay) {
          this.#unsettled = true;
          continue;
        }
        others += 1;
      }
      const done = this.#begin(command, () =>
        ownTasksAlone && command.kind === 'run' ? this.#refuse(command) : this.#carryOut(command),
      );
      if (ofTask) begun.push({ id, done });
    }
    return begun;
  }

  #countUnderWay(ofTask: boolean): number {
    let count = 0;
    for (const one of this.#underWay.values()) if (one.ofTask === ofTask) count += 1;
    return count;
  }

  #begin(command: StoredCommand, carryOut: () => Promise<void>): Promise<void> {
    const underWay = this.#underWay.get(command.id);
    if (underWay !== undefined) return underWay.done;
    const ofTask = isOfTask(command);
    const done = carryOut()
      .then(() => void this.#told.delete(command.id))
      .catch((error: unknown) => {
        // Who is stopping leaves what it has just picked up to others, or to the next engine.
        if (!this.#started && (!ofTask || isTaskerError(error, 'TASKER_ENGINE_NOT_RUNNING'))) return;
        if (isTaskerError(error, 'TASKER_TEMPLATE_NOT_FOUND') && !this.#leftSinceMs.has(command.id)) return;
        this.#unsettled = true;
        if (isOthers(error)) return;
        if (!this.#told.has(command.id)) this.#options.onProblem(error);
        this.#told.add(command.id);
        const [oldest] = this.#told;
        if (this.#told.size > mostRemembered && oldest !== undefined) this.#told.delete(oldest);
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

  /**
   * Leaves a request for a task whose template is not known here to others, who may be newer; false where there are
   * none. Refused in the end only if somebody hears of it: what its sender has left is kept for whoever will know it,
   * and not looked at again, as this process learns no template while it runs.
   */
  async #leaveToOthers({ id, kind }: StoredCommand, error: unknown): Promise<boolean> {
    const { othersMay, inbox, clock } = this.#options;
    if (!othersMay || kind !== 'run' || !isTaskerError(error, 'TASKER_TEMPLATE_NOT_FOUND')) return false;
    const nowMs = clock.monotonicMs();
    const sinceMs = this.#leftSinceMs.get(id) ?? nowMs;
    this.#leftSinceMs.delete(id);
    const isOver = nowMs - sinceMs >= leftToOthersMs;
    if (isOver) await inbox.refuseAwaited(id, error.code, error.message);
    else {
      this.#leftSinceMs.set(id, sinceMs);
      const [oldest] = this.#leftSinceMs.keys();
      if (this.#leftSinceMs.size > mostRemembered && oldest !== undefined) this.#leftSinceMs.delete(oldest);
    }
    await inbox.pass(id, isOver);
    return true;
  }

  async #carryOut(command: StoredCommand): Promise<void> {
    const { engine, inbox } = this.#options;
    try {
      if (command.kind === 'run') await engine.create(command.body, command.id);
      else if (isTaskCommand(command.kind))
        await engine.operate(command.taskId ?? '', operatorRequest(command, command.kind), command.id);
      else await inbox.settle(command.id, { kind: 'answered', answer: await this.#options.carryOutOther(command) });
    } catch (error) {
      if (isTaskerError(error, 'TASKER_LEASE_LOST') || (await this.#leaveToOthers(command, error))) throw error;
      // What refuses now may take the command later: it stays. So it does when a subscriber was stopped meanwhile.
      if ((isTaskerError(error) && errorTable[error.code].retryable) || (!this.#started && !isOfTask(command)))
        throw error;
      const code = isTaskerError(error) ? error.code : 'TASKER_INTERNAL';
      await inbox.settle(command.id, { kind: 'refused', code, message: errorMessage(error) });
    }
  }
}

/** No trouble: another worker has the task by now, or the template. */
function isOthers(error: unknown): boolean {
  return isTaskerError(error, 'TASKER_LEASE_LOST') || isTaskerError(error, 'TASKER_TEMPLATE_NOT_FOUND');
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
