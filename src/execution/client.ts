import type { Clock } from '../shared/clock.ts';
import { errorTable, TaskerError, type TaskerErrorCode } from '../shared/errors.ts';
import { type Random, uuidV7 } from '../shared/ids.ts';
import type { JsonObject } from '../shared/json.ts';
import type { CommandKind, CommandOutcome, StoredCommand } from './command-inbox.ts';
import type { Storage } from './storage.ts';

export interface ClientOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
}

type Settled<Kind extends CommandOutcome['kind']> = Extract<CommandOutcome, { readonly kind: Kind }>;

const answerWithinMs = 5000;
const pollIntervalMs = 50;
const lookIntervalMs = 500;

/**
 * Asks the store's engine, wherever it runs, by a command row to do something to a task. Resolves when that is done.
 *
 * @throws TaskerError the engine's refusal; or `TASKER_COMMAND_NOT_APPLIED` when no engine runs or none answered in
 * time: the row stays, and is carried out later.
 */
export async function askForTask(
  options: ClientOptions,
  kind: CommandKind,
  taskId: string | null,
  body: JsonObject,
): Promise<Settled<'applied'>> {
  return ask(options, { kind, taskId, body }, 'applied');
}

/** The same for what is no task's, and has an answer. `isUnderWay`: the engine is seen at it, so that it is waited for longer. */
export async function askForAnswer(
  options: ClientOptions,
  kind: CommandKind,
  body: JsonObject,
  isUnderWay?: () => Promise<boolean>,
): Promise<JsonObject> {
  return (await ask(options, { kind, taskId: null, body }, 'answered', isUnderWay)).answer;
}

async function ask<Kind extends CommandOutcome['kind']>(
  { storage, clock, random }: ClientOptions,
  command: Pick<StoredCommand, 'kind' | 'taskId' | 'body'>,
  expected: Kind,
  isUnderWay: () => Promise<boolean> = async () => false,
): Promise<Settled<Kind>> {
  const requestedAt = clock.now();
  const id = uuidV7(requestedAt, random);
  await storage.commands.submit({ id, ...command, requestedAt });
  if (!(await storage.workers.isEngineRunning()))
    throw notApplied(id, 'no engine is running on this store; it will be applied at the next start');
  let lookMs = clock.monotonicMs() + lookIntervalMs;
  let deadlineMs = clock.monotonicMs() + answerWithinMs;
  for (;;) {
    const outcome = await storage.commands.outcome(id);
    if (outcome?.kind === 'refused') throw new TaskerError(knownCode(outcome.code), outcome.message);
    if (outcome !== null) {
      if (isOf(outcome, expected)) return outcome;
      throw new TaskerError('TASKER_INTERNAL', `'${command.kind}' was ${outcome.kind}, expected: ${expected}.`);
    }
    if (clock.monotonicMs() >= lookMs) {
      lookMs = clock.monotonicMs() + lookIntervalMs;
      if (await isUnderWay()) deadlineMs = clock.monotonicMs() + answerWithinMs;
    }
    if (clock.monotonicMs() >= deadlineMs)
      throw notApplied(id, `the engine did not answer within ${answerWithinMs} ms; it stays requested`);
    await new Promise<void>((resolve) => clock.setTimer(pollIntervalMs, resolve));
  }
}

function isOf<Kind extends CommandOutcome['kind']>(outcome: CommandOutcome, kind: Kind): outcome is Settled<Kind> {
  return outcome.kind === kind;
}

function notApplied(commandId: string, why: string): TaskerError {
  return new TaskerError('TASKER_COMMAND_NOT_APPLIED', `The request is stored but not applied yet: ${why}.`, {
    details: { commandId },
  });
}

function knownCode(code: string): TaskerErrorCode {
  return code in errorTable ? (code as TaskerErrorCode) : 'TASKER_INTERNAL';
}
