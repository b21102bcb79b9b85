import { Option } from 'commander';

import type { ListQuery, TaskPage } from '../../tasker.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatDuration } from '../format/duration.ts';
import { statusCell, statusNames, type Status } from '../format/status.ts';
import { formatTable, type CellInput } from '../format/table.ts';
import { formatTime } from '../format/time.ts';
import { limitOption, parseSince, parseStatus, sinceOption } from '../option-values.ts';
import type { Session } from '../session.ts';

interface TasksOptions {
  readonly status?: Status;
  readonly namespace?: string;
  readonly name?: string;
  readonly correlationId?: string;
  readonly since?: string;
  readonly before?: string;
  readonly limit: number;
}

export const tasksCommand = defineCommand<TasksOptions>({
  name: 'tasks',
  summary: 'list tasks, newest first',
  whenToUse:
    "Use it to find a task, or to see what is stuck: tasks in error wait for somebody. It reads the store and works whether an engine is running or not. 'tasker show TASK' tells one task's story.",
  examples: [
    ['tasker tasks --status error --since 1h', 'what failed in the last hour'],
    ['tasker tasks --correlation-id order-4711', 'everything that belongs to one order'],
    ["tasker tasks --json --limit 1000 | jq -r '.tasks[].id'", 'ids for a script'],
  ],
  options: [
    new Option('--status <status>', `one of ${statusNames.join(', ')}`).argParser(parseStatus),
    new Option('--namespace <name>', 'of this namespace'),
    new Option('--name <name>', 'of this template'),
    new Option('--correlation-id <id>', 'of this correlation id'),
    sinceOption(),
    limitOption(50, 1000),
    new Option('--before <cursor>', "the next page: what the page before named as 'next'"),
  ],
  run: listTasks,
});

async function listTasks(session: Session, _args: readonly string[], options: TasksOptions): Promise<ExitCode> {
  const query = toQuery(options, session.io.now());
  const page = await session.withClient((tasker) => tasker.list(query));
  if (session.json) session.printJson(page);
  else printPage(session, page);
  return exitCodes.ok.code;
}

function toQuery(options: TasksOptions, nowMs: number): ListQuery {
  const { status, namespace, name, correlationId, since, before, limit } = options;
  return {
    limit,
    ...(status !== undefined && { status }),
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(correlationId !== undefined && { correlationId }),
    ...(since !== undefined && { sinceMs: parseSince(since, nowMs) }),
    ...(before !== undefined && { before }),
  };
}

function printPage(session: Session, page: TaskPage): void {
  if (page.tasks.length === 0) {
    session.note('no tasks');
    return;
  }
  const nowMs = session.io.now();
  const rows = page.tasks.map((task) => toRow(task, nowMs));
  session.print(formatTable(['ID', 'TASK', 'STATUS', 'CREATED', 'TOOK', 'STEPS', ''], rows, session.paint));
  if (page.next !== null) session.note(session.paintNote('dim', `more: --before ${page.next}`));
}

function toRow(task: TaskPage['tasks'][number], nowMs: number): CellInput[] {
  const open = task.endedAt === null;
  const tookMs = (task.endedAt ?? nowMs) - (task.startAt ?? task.createdAt);
  const took = formatDuration(Math.max(0, tookMs));
  const remarks = [
    open && tookMs < 0 ? `starts in ${formatDuration(-tookMs)}` : '',
    task.steps.failed > 0 ? `${task.steps.failed} failed` : '',
    task.slaBreachedAt === null ? '' : 'SLA breached',
    task.parked === null ? '' : 'parked as unclear',
  ].filter((remark) => remark !== '');
  return [
    task.id,
    `${task.namespace}.${task.name}@${task.version}`,
    statusCell(task.status),
    formatTime(task.createdAt),
    { text: tookMs < 0 ? '' : open ? `${took}…` : took, align: 'right' },
    { text: `${task.steps.done}/${task.steps.total}`, align: 'right' },
    { text: remarks.join(', '), style: 'yellow' },
  ];
}
