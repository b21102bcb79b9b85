import { defineCommand } from '../define-command.ts';
import { carryOut, operatorOptions, stepOption, type OperatorOptions } from '../operator-action.ts';

interface RetryOptions extends OperatorOptions {
  readonly step?: string;
}

export const retryCommand = defineCommand<RetryOptions>({
  name: 'retry',
  arguments: '<task>',
  summary: 'take a failed task up again',
  whenToUse:
    'Use it when what made the steps fail is gone. Steps that are done stay done; the failed ones get their whole number of attempts again. A step whose outcome is unknown is run once more by this: make sure first that this is right.',
  examples: [
    ["tasker retry 0199… --why 'payments are back'", 'all failed steps'],
    ['tasker retry 0199… --step process_payment', 'one of them'],
  ],
  options: [stepOption('only this failed step'), ...operatorOptions()],
  run: (session, [taskId = ''], options) =>
    carryOut(
      session,
      { taskId, done: options.step === undefined ? 'taken up again' : `'${options.step}' is taken up again`, options },
      (tasker, action) =>
        tasker.retry(taskId, { ...action, ...(options.step !== undefined && { step: options.step }) }),
    ),
});
