import { defineCommand } from '../define-command.ts';
import { carryOut, operatorOptions, stepOption, type OperatorOptions } from '../operator-action.ts';

interface SkipOptions extends OperatorOptions {
  readonly step: string;
}

export const skipCommand = defineCommand<SkipOptions>({
  name: 'skip',
  arguments: '<task>',
  summary: 'go on without a step',
  whenToUse:
    "Use it when the task should go on although a step did not run: a mail that cannot be sent, say. Only steps that the template calls 'skippable' can be skipped; to settle another one use 'tasker resolve'.",
  examples: [["tasker skip 0199… --step send_confirmation --why 'mailbox is gone'", 'the task goes on without it']],
  options: [stepOption('the step').makeOptionMandatory(), ...operatorOptions()],
  run: (session, [taskId = ''], options) =>
    carryOut(session, { taskId, done: `'${options.step}' is skipped`, options }, (tasker, action) =>
      tasker.skip(taskId, { ...action, step: options.step }),
    ),
});
