import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatNotes } from '../format/notes.ts';
import { formatTaskHeader, formatSteps } from '../format/task-summary.ts';
import { formatTimeline } from '../format/timeline.ts';
import type { Session } from '../session.ts';
import type { TaskView } from '../../tasker.ts';

export const showCommand = defineCommand<object>({
  name: 'show',
  arguments: '<task>',
  summary: "tell a task's story: its steps, and every attempt with duration and error",
  whenToUse:
    'Use it to find out why a task is where it is: what ran, what it waited for, what failed and with which message, who stepped in and why, what was noted. With --json it has the context and the results of the steps, too.',
  examples: [
    ['tasker show 01990f3e-…', 'one task'],
    ["tasker show 01990f3e-… --json | jq '.task.steps[] | {name, results}'", "the steps' results"],
  ],
  options: [],
  run: show,
});

async function show(session: Session, [taskId = '']: readonly string[]): Promise<ExitCode> {
  const history = await session.withClient((tasker) => tasker.history(taskId));
  if (session.json) {
    session.printJson(history);
    return exitCodes.ok.code;
  }
  const { paint } = session;
  session.print(
    [
      formatTaskHeader(history.task, session.io.now(), paint),
      formatSteps(history.task, session.io.now(), paint),
      formatTimeline(history, paint),
      formatNotes(history.task, paint),
    ]
      .filter((part) => part !== '')
      .join('\n'),
  );
  for (const hint of hintsFor(history.task)) session.hint(hint);
  return exitCodes.ok.code;
}

function hintsFor(task: TaskView): string[] {
  if (task.status !== 'error') return [];
  const unknown = task.steps.filter((step) => step.status === 'error' && step.failure?.final === 'outcome_unknown');
  return [
    ...unknown.map(
      (step) =>
        `'${step.name}' may have had its effect: look there first, then 'tasker resolve ${task.id} --step ${step.name}' or 'tasker retry …'`,
    ),
    ...(unknown.length === 0 ? [`'tasker retry ${task.id} --why …' takes it up again`] : []),
  ];
}
