import type { Clock } from '../shared/clock.ts';
import { errorTable, TaskerError, type TaskerErrorCode } from '../shared/errors.ts';
import { type Random, uuidV7 } from '../shared/ids.ts';
import type { JsonObject } from '../shared/json.ts';
import type { CommandKind } from './command-inbox.ts';
import type { Storage } from './storage.ts';

export interface ClientOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
}

const answerWithinMs = 5000;
const pollIntervalMs = 50;

/**
 * Asks the store's engine, wherever it runs, by a command row. Resolves when the engine has carried
 * it out.
 *
 * @throws TaskerError the engine's refusal; or `TASKER_COMMAND_NOT_APPLIED` when no engine runs or none answered in
 * time: the row stays, and is carried out later.
 */
export async function askEngine(
  { storage, clock, random }: ClientOptions,
  kind: CommandKind,
  taskId: string | null,
  body: JsonObject,
): Promise<{ readonly taskId: string; readonly existing: boolean }> {
  const requestedAt = clock.now();
  const id = uuidV7(requestedAt, random);
  await storage.commands.submit({ id, kind, taskId, body, requestedAt });
  if (!(await storage.workers.isEngineRunning()))
    throw notApplied(id, 'no engine is running on this store; it will be applied at the next start');
  const deadlineMs = clock.monotonicMs() + answerWithinMs;
  for (;;) {
    const outcome = await storage.commands.outcome(id);
    if (outcome?.kind === 'applied') return { taskId: outcome.taskId, existing: outcome.existing ?? false };
    if (outcome?.kind === 'refused') throw new TaskerError(knownCode(outcome.code), outcome.message);
    if (clock.monotonicMs() >= deadlineMs)
      throw notApplied(id, `the engine did not answer within ${answerWithinMs} ms; it stays requested`);
    await new Promise<void>((resolve) => clock.setTimer(pollIntervalMs, resolve));
  }
}

function notApplied(commandId: string, why: string): TaskerError {
  return new TaskerError('TASKER_COMMAND_NOT_APPLIED', `The request is stored but not applied yet: ${why}.`, {
    details: { commandId },
  });
}

function knownCode(code: string): TaskerErrorCode {
  return code in errorTable ? (code as TaskerErrorCode) : 'TASKER_INTERNAL';
}
