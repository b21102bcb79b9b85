import type { HistoryEntry, TaskHistory } from '../../tasker.ts';
import { formatDuration } from './duration.ts';
import type { Paint, Style } from './paint.ts';
import { formatRows, type CellInput } from './table.ts';
import { formatTimeOfDay } from './time.ts';

/** Every event of the task and every attempt of its steps, in time order, each with what is known of it. */
export function formatTimeline(history: TaskHistory, paint: Paint): string {
  const rows = history.timeline.map((entry) => toRow(entry, history.task.createdAt));
  return `${paint('dim', '  TIMELINE')}\n${formatRows(rows, paint)}`;
}

const outcomeStyles: Readonly<Record<NonNullable<HistoryEntry['outcome']>, Style>> = {
  running: 'cyan',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
  resolved_manually: 'green',
};

function toRow(entry: HistoryEntry, startedAt: number): CellInput[] {
  const style = entry.outcome === null ? styleOf(entry.what) : outcomeStyles[entry.outcome];
  return [
    `  ${formatTimeOfDay(entry.at)}`,
    { text: `+${formatDuration(entry.at - startedAt)}`, style: 'dim', align: 'right' },
    describeStep(entry),
    { text: entry.what === 'attempt' ? (entry.outcome ?? 'attempt') : entry.what, ...(style && { style }) },
    { text: entry.durationMs === null ? '' : formatDuration(entry.durationMs), align: 'right' },
    remarks(entry).join(', '),
  ];
}

function describeStep({ step, attempt }: HistoryEntry): string {
  if (step === null) return '';
  return attempt === null ? step : `${step} #${attempt}`;
}

function styleOf(what: string): Style | undefined {
  if (what.endsWith('_breached') || what.endsWith('.stalled') || what.endsWith('_unclear')) return 'yellow';
  return undefined;
}

function remarks(entry: HistoryEntry): string[] {
  const parts: string[] = [];
  if (entry.error !== null) parts.push(describeError(entry.error));
  if (entry.final !== null && entry.final !== 'no') parts.push(entry.final);
  // A wait that nobody notices is no news.
  if (entry.waitedMs !== null && entry.waitedMs >= 100) parts.push(`waited ${formatDuration(entry.waitedMs)}`);
  if (entry.nextAttemptAt !== null) parts.push(`next attempt ${formatTimeOfDay(entry.nextAttemptAt)}`);
  if (entry.keyGeneration !== null) parts.push(`new idempotency key (generation ${entry.keyGeneration})`);
  if (entry.by !== null && entry.by !== '') parts.push(`by ${entry.by}`);
  if (entry.why !== null && entry.why !== '') parts.push(`“${entry.why}”`);
  return parts;
}

function describeError(error: NonNullable<HistoryEntry['error']>): string {
  const code = error.code === undefined ? '' : ` ${error.code}`;
  const status = error.status === undefined ? '' : ` ${error.status}`;
  const message = error.message === null || error.message === '' ? '' : `: ${error.message}`;
  return `${error.type}${code}${status}${message}`;
}
