import { isTaskerError } from '../shared/errors.ts';
import type { Tasker } from '../tasker.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';

/** Asks the running engine something that is no task's and tells what came of it. */
export async function askOfEngine<T>(
  session: Session,
  ask: (tasker: Tasker) => Promise<T>,
  tell: (outcome: T) => string,
): Promise<ExitCode> {
  try {
    const outcome = await session.withClient(ask);
    if (session.json) session.printJson({ applied: true, outcome });
    else session.print(`${tell(outcome)}\n`);
    return exitCodes.ok.code;
  } catch (error) {
    if (!isTaskerError(error, 'TASKER_COMMAND_NOT_APPLIED')) throw error;
    if (session.json) session.printJson({ applied: false, outcome: null });
    else session.print('requested\n');
    session.note(error.message);
    return exitCodes.notApplied.code;
  }
}
