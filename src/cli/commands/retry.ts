import { Option } from 'commander';

import { defineCommand } from '../define-command.ts';
import { carryOut, operatorOptions, stepOption, type OperatorOptions } from '../operator-action.ts';
import { UsageError } from '../usage-error.ts';

interface RetryOptions extends OperatorOptions {
  readonly step?: string;
  readonly newIdempotencyKey?: true;
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
    [
      "tasker retry 0199… --step process_payment --new-idempotency-key --why 'refunded by mistake'",
      'the service did the work once, and is to do it again',
    ],
  ],
  options: [
    stepOption('only this failed step'),
    new Option(
      '--new-idempotency-key',
      'with --step: the services that the step calls take it for new work and do it again',
    ),
    ...operatorOptions(),
  ],
  run: async (session, [taskId = ''], options) => {
    const { step, newIdempotencyKey } = options;
    if (newIdempotencyKey && step === undefined) {
      throw new UsageError('--new-idempotency-key makes a service do its work again: name the step with --step');
    }
    return carryOut(
      session,
      {
        taskId,
        done:
          step === undefined
            ? 'taken up again'
            : `'${step}' is taken up again${newIdempotencyKey ? ', with a new idempotency key' : ''}`,
        options,
      },
      (tasker, action) =>
        tasker.retry(taskId, {
          ...action,
          ...(step !== undefined && { step }),
          ...(newIdempotencyKey && { newIdempotencyKey }),
        }),
    );
  },
});
