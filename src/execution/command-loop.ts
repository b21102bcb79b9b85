import type { Clock, Timer } from '../shared/clock.ts';
import { isTaskerError } from '../shared/errors.ts';
import type { CommandInbox, StoredCommand } from './command-inbox.ts';
import type { OperatorRequest } from './operator-request.ts';

export interface CommandLoopOptions {
  readonly inbox: CommandInbox;
  readonly clock: Clock;
  readonly engine: {
    create(request: unknown, commandId: string): Promise<{ taskId: string }>;
    operate(taskId: string, request: OperatorRequest, commandId: string): Promise<void>;
  };
  /** Commands that are no task's: carried out elsewhere, for an answer as JSON text. */
  readonly carryOutOther: (command: StoredCommand) => Promise<string>;
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
        for (const command of await this.#options.inbox.pending(batch)) this.#begin(command);
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

  #begin(command: StoredCommand): void {
    if (this.#underWay.has(command.id)) return;
    const done = this.#carryOut(command)
      .catch((error: unknown) => {
        this.#unsettled = true;
        this.#options.onProblem(error);
      })
      .finally(() => this.#underWay.delete(command.id));
    this.#underWay.set(command.id, done);
  }

  async #carryOut(command: StoredCommand): Promise<void> {
    const { engine, inbox } = this.#options;
    try {
      if (command.kind === 'run') await engine.create(command.body, command.id);
      else if (isTaskCommand(command.kind))
        await engine.operate(command.taskId ?? '', operatorRequest(command, command.kind), command.id);
      else await inbox.settle(command.id, { kind: 'applied', taskId: await this.#options.carryOutOther(command) });
    } catch (error) {
      // A storage that refuses now may take the command later: it stays.
      if (!isTaskerError(error) || error.retryable) throw error;
      await inbox.settle(command.id, { kind: 'refused', code: error.code, message: error.message });
    }
  }
}

function isTaskCommand(kind: StoredCommand['kind']): kind is OperatorRequest['kind'] {
  return kind === 'cancel' || kind === 'retry' || kind === 'resolve' || kind === 'skip';
}

function operatorRequest({ body }: StoredCommand, kind: OperatorRequest['kind']): OperatorRequest {
  // Command rows are written by this package's own client, which has checked them.
  return { ...(body as unknown as OperatorRequest), kind };
}
