import type { LoggedEvent, RecordedEvent } from '../../tasker.ts';
import { formatDuration } from './duration.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

type EventName = RecordedEvent['name'];

/**
 * One line for each thing that happened to a step. A start is told only while its end is not known yet: quick steps
 * take one line, and a slow one says that it is under way.
 */
export function formatProgress(events: readonly LoggedEvent[], paint: Paint): string[] {
  return events.flatMap((event, index) => {
    if (event.name === 'step.execution_requested' && endsIn(events.slice(index + 1), event)) return [];
    const line = describe(event, paint);
    return line === null ? [] : [`  ${line}`];
  });
}

function endsIn(later: readonly LoggedEvent[], started: LoggedEvent): boolean {
  return later.some(
    (event) =>
      event.step === started.step &&
      event.attempt === started.attempt &&
      (event.name === 'step.completed' || event.name === 'step.failed'),
  );
}

function describe(event: LoggedEvent, paint: Paint): string | null {
  const step = printable(event.step ?? 'task');
  const again = event.attempt !== null && event.attempt > 1 ? paint('dim', ` #${event.attempt}`) : '';
  if (is(event, 'step.execution_requested')) return `${paint('cyan', '▸')} ${step}${again}`;
  if (is(event, 'step.completed'))
    return `${paint('green', '✓')} ${step}${again}  ${formatDuration(event.payload.durationMs)}`;
  if (is(event, 'step.failed')) return `${paint('red', '✗')} ${step}${again}  ${describeFailure(event)}`;
  if (is(event, 'step.retry_requested')) {
    return `${paint('yellow', '↻')} ${step}  again in ${formatDuration(event.payload.delayMs)} (${event.payload.reason})`;
  }
  if (is(event, 'step.resolved_manually')) return `${paint('green', '✓')} ${step}  ${event.payload.reason}`;
  if (is(event, 'step.cancelled')) return `${paint('yellow', '–')} ${step}  cancelled`;
  if (is(event, 'step.stalled')) {
    return `${paint('yellow', '!')} ${step}${again}  no sign of life for ${formatDuration(event.payload.silentMs)}`;
  }
  if (is(event, 'step.sla_breached') || is(event, 'task.sla_breached')) {
    return `${paint('yellow', '!')} ${step}  SLA of ${formatDuration(event.payload.slaMs)} breached`;
  }
  if (is(event, 'task.retry_requested'))
    return `${paint('yellow', '↻')} task  taken up again by ${printable(event.payload.by)}`;
  return null;
}

function describeFailure({ payload: { error, cause, durationMs, final } }: RecordedEvent<'step.failed'>): string {
  const took = durationMs === null ? '' : ` after ${formatDuration(durationMs)}`;
  const status = error.status === undefined ? '' : ` ${error.status}`;
  const message = error.message === undefined ? '' : `: ${error.message}`;
  const why = cause === 'error' ? `${error.type}${status}${message}` : cause;
  return printable(`${why}${took}${final === 'no' ? '' : ` (${final})`}`);
}

function is<Name extends EventName>(event: LoggedEvent, name: Name): event is RecordedEvent & RecordedEvent<Name> {
  return event.name === name;
}
