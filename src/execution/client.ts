import { type Clock, holdProcess } from '../shared/clock.ts';
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
 * time: the row stays, and is carried out later. `earlierId`: of a row that stays so; it is waited for again.
 */
export async function askForTask(
  options: ClientOptions,
  kind: CommandKind,
  taskId: string | null,
  body: JsonObject,
  earlierId?: string,
): Promise<Settled<'applied'>> {
  return ask(options, { kind, taskId, body }, 'applied', { earlierId });
}

/** The task that an earlier request to run one has made; null where it still waits. @throws TaskerError its refusal. */
export async function appliedEarlier(
  { storage }: Pick<ClientOptions, 'storage'>,
  commandId: string,
): Promise<Settled<'applied'> | null> {
  const outcome = await storage.commands.outcome(commandId);
  return outcome === null ? null : settledAs(outcome, 'applied');
}

/** The same for what is no task's, and has an answer. `isUnderWay`: the engine is seen at it, so that it is waited for longer. */
export async function askForAnswer(
  options: ClientOptions,
  kind: CommandKind,
  body: JsonObject,
  isUnderWay?: () => Promise<boolean>,
): Promise<JsonObject> {
  return (await ask(options, { kind, taskId: null, body }, 'answered', { isUnderWay })).answer;
}

interface Asking {
  readonly earlierId?: string | undefined;
  readonly isUnderWay?: (() => Promise<boolean>) | undefined;
}

async function ask<Kind extends CommandOutcome['kind']>(
  options: ClientOptions,
  command: Pick<StoredCommand, 'kind' | 'taskId' | 'body'>,
  expected: Kind,
  asking: Asking,
): Promise<Settled<Kind>> {
  // Nothing else may keep a process running that only asks.
  const letProcessEnd = holdProcess();
  try {
    return await submitAndWait(options, command, expected, asking);
  } finally {
    letProcessEnd();
  }
}

async function submitAndWait<Kind extends CommandOutcome['kind']>(
  { storage, clock, random }: ClientOptions,
  command: Pick<StoredCommand, 'kind' | 'taskId' | 'body'>,
  expected: Kind,
  { earlierId, isUnderWay = async () => false }: Asking,
): Promise<Settled<Kind>> {
  const requestedAt = clock.now();
  const id = earlierId ?? uuidV7(requestedAt, random);
  if (earlierId === undefined) await storage.commands.submit({ id, ...command, requestedAt });
  else await storage.commands.awaitAgain(id);
  // Once it is left, no engine refuses it any more: what came before that is its outcome, and nobody told it was kept.
  const leave = async (why: string, engineRunning: boolean): Promise<Settled<Kind>> => {
    const outcome = await storage.commands.leave(id);
    if (outcome === null) throw notApplied(id, why, engineRunning);
    return settledAs(outcome, expected);
  };
  let lookMs = clock.monotonicMs();
  let deadlineMs = clock.monotonicMs() + answerWithinMs;
  for (;;) {
    const outcome = await storage.commands.outcome(id);
    if (outcome !== null) return settledAs(outcome, expected);
    if (clock.monotonicMs() >= lookMs) {
      lookMs = clock.monotonicMs() + lookIntervalMs;
      if (!(await storage.workers.isEngineRunning()))
        return leave('no engine is running on this store; it will be applied at the next start', false);
      if (await isUnderWay()) deadlineMs = clock.monotonicMs() + answerWithinMs;
    }
    if (clock.monotonicMs() >= deadlineMs)
      return leave(`the engine did not answer within ${answerWithinMs} ms; it stays requested`, true);
    await new Promise<void>((resolve) => clock.setTimer(pollIntervalMs, resolve));
  }
}

/** @throws TaskerError the engine's refusal. */
function settledAs<Kind extends CommandOutcome['kind']>(outcome: CommandOutcome, expected: Kind): Settled<Kind> {
  if (outcome.kind === 'refused') throw new TaskerError(knownCode(outcome.code), outcome.message);
  if (isOf(outcome, expected)) return outcome;
  throw new TaskerError('TASKER_INTERNAL', `The command was ${outcome.kind}, expected: ${expected}.`);
}

function isOf<Kind extends CommandOutcome['kind']>(outcome: CommandOutcome, kind: Kind): outcome is Settled<Kind> {
  return outcome.kind === kind;
}

function notApplied(commandId: string, why: string, engineRunning: boolean): TaskerError {
  return new TaskerError('TASKER_COMMAND_NOT_APPLIED', `The request is stored but not applied yet: ${why}.`, {
    details: { commandId, engineRunning },
  });
}

function knownCode(code: string): TaskerErrorCode {
  return code in errorTable ? (code as TaskerErrorCode) : 'TASKER_INTERNAL';
}
