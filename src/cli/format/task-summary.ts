import type { StepView, TaskView } from '../../tasker.ts';
import { formatDuration } from './duration.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { statusCell, statusStyle } from './status.ts';
import { formatRows, formatTable, type CellInput } from './table.ts';
import { formatTime } from './time.ts';

export function taskName(task: Pick<TaskView, 'namespace' | 'name' | 'version'>): string {
  return `${task.namespace}.${task.name}@${task.version}`;
}

/** One line: how it ended, what it was, how long it took. */
export function formatOutcome(task: TaskView, nowMs: number, paint: Paint): string {
  const took = formatDuration(Math.max(0, (task.endedAt ?? nowMs) - (task.startAt ?? task.createdAt)));
  return `${paint(statusStyle(task.status), task.status)}  ${printable(taskName(task))}  ${task.id}  ${task.endedAt === null ? 'for' : 'after'} ${took}\n`;
}

export function formatTaskHeader(task: TaskView, nowMs: number, paint: Paint): string {
  const lines: (readonly [string, string | null])[] = [
    ['created', formatTime(task.createdAt)],
    ['to start', task.startAt === null ? null : formatTime(task.startAt)],
    ['started', after(task.startedAt, task)],
    ['ended', after(task.endedAt, task)],
    ['priority', task.priority === 0 ? null : String(task.priority)],
    ['SLA', describeSla(task, nowMs)],
    ['correlation id', task.correlationId],
    ['idempotency key', task.idempotencyKey],
    ['trace', task.traceId],
    [
      'asked for by',
      [task.initiator, task.sourceSystem, task.reason].filter((part) => part !== '' && part !== 'unknown').join(' · '),
    ],
    ['tags', task.tags.join(', ')],
    ['bypassed', task.bypassSteps.join(', ')],
    ['parked', task.parked],
  ];
  const known = lines.flatMap(([label, text]) =>
    text === null || text === '' ? [] : [[{ text: `  ${label}`, style: 'dim' as const }, text]],
  );
  return formatOutcome(task, nowMs, paint) + formatRows(known, paint);
}

export function formatSteps(task: TaskView, nowMs: number, paint: Paint): string {
  const rows = task.steps.map((step): CellInput[] => [
    { text: `  ${step.name}` },
    statusCell(step.status),
    { text: `${step.attempts}/${step.retryLimit}`, align: 'right' },
    { text: lasted(step, nowMs), align: 'right' },
    { text: remark(step, nowMs), style: step.status === 'error' ? 'red' : 'yellow' },
  ]);
  return formatTable(['  STEP', 'STATUS', 'ATTEMPTS', 'TOOK', ''], rows, paint);
}

/** From the latest start: earlier attempts and waits stand in the timeline. */
function lasted(step: StepView, nowMs: number): string {
  if (step.startedAt === null) return '';
  if (step.finishedAt !== null && step.finishedAt >= step.startedAt)
    return formatDuration(step.finishedAt - step.startedAt);
  return step.status === 'in_progress' ? `${formatDuration(nowMs - step.startedAt)}…` : '';
}

function remark(step: StepView, nowMs: number): string {
  const parts: string[] = [];
  if (step.status === 'pending' && step.readyAt !== null && step.readyAt > nowMs) {
    parts.push(`next attempt in ${formatDuration(step.readyAt - nowMs)}`);
  }
  if (step.status !== 'complete' && step.failure !== null) parts.push(describeFailure(step.failure));
  if (step.slaBreachedAt !== null) parts.push('SLA breached');
  return parts.join(', ');
}

export function describeFailure(failure: NonNullable<StepView['failure']>): string {
  const { error } = failure;
  const said = error.message === undefined ? '' : `: ${error.message}`;
  const status = error.status === undefined ? '' : ` ${error.status}`;
  const final = failure.final === 'no' ? '' : ` (${failure.final})`;
  return `${error.type}${status}${said}${final}`;
}

function after(at: number | null, { createdAt, startAt }: TaskView): string | null {
  return at === null ? null : `${formatTime(at)}  after ${formatDuration(Math.max(0, at - (startAt ?? createdAt)))}`;
}

function describeSla(task: TaskView, nowMs: number): string | null {
  if (task.slaDeadlineAt === null) return null;
  const allowed = formatDuration(task.slaDeadlineAt - (task.startAt ?? task.createdAt));
  if (task.slaBreachedAt !== null) return `${allowed}, breached at ${formatTime(task.slaBreachedAt)}`;
  return task.endedAt === null ? `${allowed}, ${formatDuration(task.slaDeadlineAt - nowMs)} left` : `${allowed}, kept`;
}
