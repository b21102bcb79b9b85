import { Option } from 'commander';

import { defineCommand } from '../define-command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { readJsonArgument } from '../json-argument.ts';
import { carryOut, operatorOptions, stepOption, type OperatorOptions } from '../operator-action.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

interface ResolveOptions extends OperatorOptions {
  readonly step?: string;
  readonly results?: string;
}

export const resolveCommand = defineCommand<ResolveOptions>({
  name: 'resolve',
  arguments: '<task>',
  summary: 'settle a failed step, or a failed task, by hand',
  whenToUse:
    'Use it when the work was done outside the system. With --step the step counts as done, its results are what you say, and the task goes on; without it the whole task is settled and nothing more of it runs.',
  examples: [
    [
      'tasker resolve 0199… --step process_payment --results \'{"payment_id": "p-77"}\' --why \'paid by bank transfer\'',
      'a step; later steps see the results',
    ],
    ["tasker resolve 0199… --why 'order created by hand'", 'the whole task'],
  ],
  options: [
    stepOption('settle this step only'),
    new Option('--results <json>', "the step's results: JSON, a file, or '-' for standard input"),
    ...operatorOptions(),
  ],
  run: resolveByHand,
});

async function resolveByHand(
  session: Session,
  [taskId = '']: readonly string[],
  options: ResolveOptions,
): Promise<ExitCode> {
  const { step } = options;
  if (step === undefined && options.results !== undefined) {
    throw new UsageError('--results belong to a step', ['name it with --step NAME']);
  }
  const results =
    options.results === undefined ? undefined : await readJsonArgument('--results', options.results, session.io);
  const done = step === undefined ? 'settled' : `'${step}' is settled`;
  return carryOut(session, { taskId, done, options }, (tasker, action) =>
    tasker.resolve(taskId, {
      ...action,
      ...(step !== undefined && { step }),
      ...(results !== undefined && { results }),
    }),
  );
}
