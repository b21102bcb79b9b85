import { catalogEntry } from '../../events/catalog.ts';
import type { EachRecorded, LoggedEvent } from '../../events/envelope.ts';
import type { LogSeverity } from '../../signals/log-record.ts';

export interface Meaning {
  /** Dotted, from the general to the particular: `business.checkout.completed`. */
  readonly type: string;
  readonly severity: LogSeverity;
}

/** How things are called in types: a task by its full name, a step by `namespace.task.step`. */
export type LogWords = Readonly<Record<string, string>>;

/** How long an attempt may take before it is a bottleneck, milliseconds, by `namespace.task.step`. */
export type LogLimits = Readonly<Record<string, number>>;

/**
 * What a fact means to operators. `business.<task>.…` is what happened to a task, `business.<system>.…` to a step (by
 * its dependent system, unless a word is given), `performance.…` what took too long, `system.…` the engine itself.
 */
export function meaningOf(logged: LoggedEvent, words: LogWords, limitsMs: LogLimits = {}): Meaning {
  const severity = catalogEntry(logged.name)?.severity ?? 'info';
  if (logged.name.startsWith('custom.'))
    return { type: `business.${logged.name.slice('custom.'.length)}`, severity: 'info' };
  const event = logged as EachRecorded;
  const task = `business.${taskWord(event, words)}`;
  const step = `business.${stepWord(event, words)}`;
  switch (event.name) {
    case 'task.initialize_requested':
      return { type: `${task}.created`, severity };
    case 'task.start_requested':
      return { type: `${task}.started`, severity };
    case 'task.retry_requested':
      return { type: `${task}.retried`, severity };
    case 'task.completed':
    case 'task.failed':
    case 'task.cancelled':
    case 'task.resolved_manually':
      return { type: `${task}.${event.name.slice('task.'.length)}`, severity };
    case 'step.execution_requested':
      return { type: `${step}.started`, severity: 'debug' };
    case 'step.retry_requested':
      return { type: `${step}.retry`, severity };
    case 'step.completed':
      // That it came right is what is expected of it; that it took so long is why somebody reads this.
      if (event.payload.durationMs > (limitsMs[fullStepName(event)] ?? Number.POSITIVE_INFINITY))
        return { type: 'performance.step.bottleneck', severity: 'warn' };
      return { type: `${step}.completed`, severity };
    case 'step.cancelled':
    case 'step.resolved_manually':
      return { type: `${step}.${event.name.slice('step.'.length)}`, severity };
    case 'step.failed':
      // One that is tried again may yet come right; one that is not is why somebody reads this.
      return { type: `${step}.failure`, severity: event.payload.final === 'no' ? 'warn' : 'error' };
    case 'task.sla_breached':
    case 'step.sla_breached':
      return { type: 'performance.sla.violation', severity };
    case 'step.stalled':
      return { type: 'performance.step.stalled', severity };
    default:
      return { type: `system.${event.name}`, severity };
  }
}

function taskWord({ namespace = '', taskName = '' }: EachRecorded, words: LogWords): string {
  return words[`${namespace}.${taskName}`] ?? taskName;
}

function stepWord(event: EachRecorded, words: LogWords): string {
  return words[fullStepName(event)] ?? event.step ?? '';
}

function fullStepName({ namespace = '', taskName = '', step }: EachRecorded): string {
  return `${namespace}.${taskName}.${step ?? ''}`;
}
