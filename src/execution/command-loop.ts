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
  /** `refuse`: its sender may become an engine itself; `leave`: the command stays for another engine. */
  readonly takes: (command: StoredCommand) => 'take' | 'refuse' | 'leave';
  /** Commands that are no task's: carried out elsewhere, for an answer. */
  readonly carryOutOther: (command: StoredCommand) => Promise<JsonObject>;
  readonly onProblem: (error: unknown) => void;
}

const pollIntervalMs = 250;
const batch = 100;

/** Carries out what other processes ask of this engine. */
export class CommandLoop {
  readonly #options: CommandLoopOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  #timer: Timer | null = null;
  #started = false;
  /** A command that could not be carried out yet is still there, though nothing new was submitted. */
  #unsettled = true;
  #polling: Promise<void> | null = null;

  constructor(options: CommandLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#started = true;
    this.#polling = this.#poll();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    await this.#polling;
    await Promise.allSettled(this.#underWay.values());
  }

  async #poll(): Promise<void> {
    try {
      if (this.#options.inbox.hasNews() || this.#unsettled) {
        this.#unsettled = false;
        const commands = await this.#options.inbox.pending(batch);
        // A full batch may not be all of them, and carrying it out brings no news of the rest.
        if (commands.length === batch) this.#unsettled = true;
        for (const command of commands) {
          const taking = this.#options.takes(command);
          if (taking === 'take') this.#begin(command, () => this.#carryOut(command));
          else if (taking === 'refuse') this.#begin(command, () => this.#refuse(command));
        }
      }
    } catch (error) {
      this.#unsettled = true;
      this.#options.onProblem(error);
    }
    if (!this.#started) return;
    this.#timer = this.#options.clock.setTimer(pollIntervalMs, () => {
      this.#polling = this.#poll();
    });
  }

  #begin(command: StoredCommand, carryOut: () => Promise<void>): void {
    if (this.#underWay.has(command.id)) return;
    const done = carryOut()
      .catch((error: unknown) => {
        this.#unsettled = true;
        this.#options.onProblem(error);
      })
      .finally(() => this.#underWay.delete(command.id));
    this.#underWay.set(command.id, done);
  }

  #refuse({ id }: StoredCommand): Promise<void> {
    return this.#options.inbox.settle(id, {
      kind: 'refused',
      code: 'TASKER_ENGINE_OCCUPIED',
      message: 'The engine on this store works for one task alone and ends with it; try again then.',
    });
  }

  async #carryOut(command: StoredCommand): Promise<void> {
    const { engine, inbox } = this.#options;
    try {
      if (command.kind === 'run') await engine.create(command.body, command.id);
      else if (isTaskCommand(command.kind))
        await engine.operate(command.taskId ?? '', operatorRequest(command, command.kind), command.id);
      else await inbox.settle(command.id, { kind: 'answered', answer: await this.#options.carryOutOther(command) });
    } catch (error) {
      // A storage that refuses now may take the command later: it stays.
      if (isTaskerError(error) && errorTable[error.code].retryable) throw error;
      const code = isTaskerError(error) ? error.code : 'TASKER_INTERNAL';
      await inbox.settle(command.id, { kind: 'refused', code, message: errorMessage(error) });
    }
  }
}

function isTaskCommand(kind: StoredCommand['kind']): kind is OperatorRequest['kind'] {
  return taskCommandKinds.some((one) => one === kind);
}

function operatorRequest({ body }: StoredCommand, kind: OperatorRequest['kind']): OperatorRequest {
  // Any process can write a row: the engine checks the request as it checks one of its own.
  return { ...(body as unknown as OperatorRequest), kind };
}
