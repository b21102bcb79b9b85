import type { RecordedEvent } from '../../events/envelope.ts';
import { fieldAttributes, given, taskAttributes } from './attributes.ts';
import type { SpanParts } from './event-to-spans.ts';

type TaskEnd =
  | RecordedEvent<'task.completed'>
  | RecordedEvent<'task.failed'>
  | RecordedEvent<'task.cancelled'>
  | RecordedEvent<'task.resolved_manually'>;

const results: Readonly<Record<TaskEnd['name'], string>> = {
  'task.completed': 'success',
  'task.failed': 'failure',
  'task.cancelled': 'cancellation',
  'task.resolved_manually': 'resolved_manually',
};

/** A task that succeeded after retries is no error; only one that failed is, and each time that it does. */
export function taskEnded(event: RecordedEvent<TaskEnd['name']>): SpanParts {
  const end = event as TaskEnd;
  const failed = end.name === 'task.failed' ? end.payload.failedSteps : [];
  const [first] = failed;
  return {
    name: `task ${end.taskName ?? ''}`,
    startMs: end.occurredAt - end.payload.durationMs,
    endMs: end.occurredAt,
    attributes: {
      ...taskAttributes(end),
      ...given({
        'tasker.task.result': results[end.name],
        'tasker.task.attempts': 'attempts' in end.payload ? end.payload.attempts : null,
        'tasker.task.failed_steps': failed.length === 0 ? null : failed.map(({ step }) => step),
        'error.type': first === undefined ? null : first.cause === 'error' ? first.error.type : first.cause,
      }),
      ...fieldAttributes('tasker.context', end.business),
    },
    status: { code: end.name === 'task.failed' ? 'error' : 'unset' },
  };
}
