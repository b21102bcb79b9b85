import { Option } from 'commander';

import { isTaskerError } from '../shared/errors.ts';
import type { OperatorAction, Tasker, TaskView } from '../tasker.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { statusStyle } from './format/status.ts';
import type { Session } from './session.ts';

export interface OperatorOptions {
  readonly by?: string;
  readonly why?: string;
}

export const operatorOptions = (): readonly Option[] => [
  new Option('--by <name>', 'who asks; kept with the event (default: your user name)'),
  new Option('--why <reason>', 'why; kept with the event'),
];

export const stepOption = (description: string): Option => new Option('-s, --step <name>', description);

/** Does one operator's action and tells what came of it, also that it waits for an engine. */
export async function carryOut(
  session: Session,
  asked: { readonly taskId: string; readonly done: string; readonly options: OperatorOptions },
  act: (tasker: Tasker, action: OperatorAction) => Promise<TaskView>,
): Promise<ExitCode> {
  const { taskId, options } = asked;
  const action = { by: options.by ?? session.io.userName(), ...(options.why !== undefined && { why: options.why }) };
  try {
    const task = await session.withClient((tasker) => act(tasker, action));
    if (session.json) session.printJson({ applied: true, taskId, task });
    else session.print(`${asked.done}; the task is ${session.paint(statusStyle(task.status), task.status)}\n`);
    return exitCodes.ok.code;
  } catch (error) {
    if (!isTaskerError(error, 'TASKER_COMMAND_NOT_APPLIED')) throw error;
    if (session.json) session.printJson({ applied: false, taskId, task: null });
    else session.print('applied at the next start\n');
    session.note(error.message);
    session.hint("'tasker start' starts one");
    return exitCodes.notApplied.code;
  }
}
