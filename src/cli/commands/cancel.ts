import { defineCommand } from '../define-command.ts';
import { carryOut, operatorOptions, type OperatorOptions } from '../operator-action.ts';

export const cancelCommand = defineCommand<OperatorOptions>({
  name: 'cancel',
  arguments: '<task>',
  summary: 'call a task off, its open steps with it',
  whenToUse:
    "Use it when the task's work is no longer wanted. Running handlers are told through their signal; nothing that is done is undone. A task that is complete cannot be cancelled.",
  examples: [["tasker cancel 0199… --why 'customer withdrew'", 'call it off']],
  options: operatorOptions(),
  run: (session, [taskId = ''], options) =>
    carryOut(session, { taskId, done: 'cancelled', options }, (tasker, action) => tasker.cancel(taskId, action)),
});
