import { Option } from 'commander';

import type { JsonValue } from '../../shared/json.ts';
import { defineCommand } from '../define-command.ts';
import { carryOut, stepOption } from '../operator-action.ts';

interface AnnotateOptions {
  readonly by?: string;
  readonly step?: string;
}

export const annotateCommand = defineCommand<AnnotateOptions>({
  name: 'annotate',
  arguments: '<task> <key> <value>',
  summary: 'add a note to a task, finished or not',
  whenToUse:
    "Use it to leave on a task what the next person should know: a ticket, what the customer said, what was done outside. It changes nothing of the task; 'tasker show' shows it. The value is JSON, or else text as it stands. What was noted under the same key before stays.",
  examples: [
    ['tasker annotate 0199… ticket OPS-4711', 'a text'],
    ['tasker annotate 0199… refund \'{"amount": 12.5}\' --step process_payment', 'JSON, about a step'],
  ],
  options: [
    stepOption('the step that it is about'),
    new Option('--by <name>', 'who notes it; kept with it (default: your user name)'),
  ],
  run: (session, [taskId = '', key = '', value = ''], { by, step }) =>
    carryOut(
      session,
      { taskId, done: `'${key}' is noted`, options: by === undefined ? {} : { by } },
      (tasker, action) =>
        tasker.annotate(taskId, { ...action, key, value: jsonOrText(value), ...(step !== undefined && { step }) }),
    ),
});

function jsonOrText(value: string): JsonValue {
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}
