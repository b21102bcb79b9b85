import type { RecordedEvent } from '../../events/envelope.ts';
import type { SpanStatus } from '../../signals/span.ts';
import { errorAttributes, fieldAttributes, given, stepAttributes } from './attributes.ts';
import type { SpanParts } from './event-to-spans.ts';

type AttemptEnd = RecordedEvent<'step.completed'> | RecordedEvent<'step.failed'> | RecordedEvent<'step.cancelled'>;

/** Null where no attempt ended: a step that was cancelled before, or between, its attempts. */
export function attemptEnded(event: RecordedEvent<AttemptEnd['name']>): SpanParts | null {
  const end = event as AttemptEnd;
  const { durationMs } = end.payload;
  if (end.name === 'step.cancelled' && end.payload.from !== 'in_progress') return null;
  const endMs = end.occurredAt;
  const startedAt = 'startedAt' in end.payload ? end.payload.startedAt : undefined;
  return {
    name: `step ${end.step ?? ''}`,
    startMs: Math.min(endMs, startedAt ?? endMs - (durationMs ?? 0)),
    endMs,
    attributes: {
      ...stepAttributes(end),
      ...given({ 'tasker.attempt.duration_ms': durationMs }),
      ...outcome(end),
    },
    status: status(end),
  };
}

function outcome(end: AttemptEnd) {
  switch (end.name) {
    case 'step.completed':
      return { 'tasker.attempt.result': 'success', ...fieldAttributes('tasker.result', end.payload.results) };
    case 'step.cancelled':
      return { 'tasker.attempt.result': 'cancellation' };
    case 'step.failed': {
      const { cause, error, final, failures, losses, retryLimit, nextAttemptAt } = end.payload;
      return {
        'tasker.attempt.result': 'failure',
        ...errorAttributes(cause === 'error' ? error.type : cause, error),
        ...given({
          'tasker.step.final': final,
          'tasker.step.failures': failures,
          'tasker.step.losses': losses,
          'tasker.retry.limit': retryLimit,
          'tasker.retry.wait_ms': nextAttemptAt === undefined ? null : Math.max(0, nextAttemptAt - end.occurredAt),
          'tasker.retry.not_before': nextAttemptAt === undefined ? null : new Date(nextAttemptAt).toISOString(),
        }),
      };
    }
  }
}

function status(end: AttemptEnd): SpanStatus {
  if (end.name !== 'step.failed') return { code: 'unset' };
  const { message } = end.payload.error;
  return { code: 'error', ...(message !== undefined && { message }) };
}
