import type { LoggedEvent, RecordedEvent } from '../../events/envelope.ts';
import { attemptSpan } from '../../events/trace-choices.ts';
import { derivedId } from '../../shared/ids.ts';
import type { Span, SpanAttributes, SpanStatus } from '../../signals/span.ts';
import { attemptEnded } from './attempt-ended.ts';
import { fieldAttributes, given, stepAttributes, taskAttributes } from './attributes.ts';
import { taskEnded } from './task-ended.ts';

/** Waits for room that are shorter are only an attribute's worth: nobody looks for them. */
const shownWaitMs = 1000;

/** What is told of a span beside whose it is. */
export interface SpanParts {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  readonly status?: SpanStatus;
}

/**
 * The spans that a fact ends, made of it alone: nothing is remembered between events, so a redelivery makes the same
 * spans, a replay over last month works, and no number of open tasks takes memory.
 *
 * `task.initialize_requested` makes the root, which has no length and is exported at once; whatever follows hangs on
 * it. The task's own span closes the trace when it ends: it is the root's child, because a root that was open for days
 * would be seen by nobody.
 */
export function eventToSpans(event: LoggedEvent): readonly Span[] {
  switch (event.name) {
    case 'task.initialize_requested':
      return [rootSpan(event as RecordedEvent<'task.initialize_requested'>)];
    case 'step.execution_requested':
      return waitSpan(event as RecordedEvent<'step.execution_requested'>);
    case 'step.completed':
    case 'step.failed':
    case 'step.cancelled': {
      const ended = attemptEnded(event as RecordedEvent<'step.completed' | 'step.failed' | 'step.cancelled'>);
      return ended === null ? [] : [attempt(event, ended)];
    }
    case 'task.completed':
    case 'task.failed':
    case 'task.cancelled':
    case 'task.resolved_manually': {
      const ended = taskEnded(
        event as RecordedEvent<'task.completed' | 'task.failed' | 'task.cancelled' | 'task.resolved_manually'>,
      );
      return [underRoot(event, ended)];
    }
    case 'task.sla_breached':
    case 'step.sla_breached':
    case 'step.stalled':
    case 'workflow.task_state_unclear':
      return [alarm(event as RecordedEvent<AlarmName>)];
    default:
      return [];
  }
}

type AlarmName = 'task.sla_breached' | 'step.sla_breached' | 'step.stalled' | 'workflow.task_state_unclear';

const alarms: Readonly<Record<AlarmName, { readonly says: string; readonly errorType: string }>> = {
  'task.sla_breached': { says: 'sla breached', errorType: 'sla_breached' },
  'step.sla_breached': { says: 'sla breached', errorType: 'sla_breached' },
  'step.stalled': { says: 'stalled', errorType: 'stalled' },
  'workflow.task_state_unclear': { says: 'parked', errorType: 'state_unclear' },
};

function rootSpan(event: RecordedEvent<'task.initialize_requested'>): Span {
  const { steps, startAt, slaDeadlineAt } = event.payload;
  return {
    traceId: traceIdOf(event),
    spanId: event.spanId ?? '',
    parentSpanId: event.parentSpanId,
    parentIsRemote: event.parentSpanId !== null,
    traceState: event.trace?.state ?? null,
    name: `task started ${event.taskName ?? ''}`,
    kind: 'internal',
    startMs: event.occurredAt,
    endMs: event.occurredAt,
    attributes: {
      ...taskAttributes(event),
      ...given({
        'tasker.task.steps': steps,
        'tasker.task.start_at': time(startAt),
        'tasker.sla.deadline_at': time(slaDeadlineAt),
      }),
      ...fieldAttributes('tasker.context', event.business),
    },
    links: [],
    status: { code: 'unset' },
  };
}

/** It was ready, and had to wait for room. */
function waitSpan(event: RecordedEvent<'step.execution_requested'>): readonly Span[] {
  const { readySince, waitedMs } = event.payload;
  if (waitedMs < shownWaitMs) return [];
  const parts = { name: `wait ${event.step ?? ''}`, startMs: readySince, endMs: event.occurredAt };
  return [underRoot(event, { ...parts, attributes: { ...stepAttributes(event), 'tasker.wait.reason': 'capacity' } })];
}

/** What hangs is told of while it hangs: its attempt's span comes only when it ends. */
function alarm(event: RecordedEvent<AlarmName>): Span {
  const { says, errorType } = alarms[event.name];
  const { payload } = event;
  return underRoot(event, {
    name: event.step === null ? `task ${says} ${event.taskName ?? ''}` : `step ${says} ${event.step}`,
    startMs: event.occurredAt,
    endMs: event.occurredAt,
    attributes: {
      ...stepAttributes(event),
      ...given({
        'error.type': errorType,
        'tasker.sla.limit_ms': 'slaMs' in payload ? payload.slaMs : null,
        'tasker.stall.limit_ms': 'stallMs' in payload ? payload.stallMs : null,
        'tasker.stall.silent_ms': 'silentMs' in payload ? payload.silentMs : null,
        'tasker.task.open_steps': 'openSteps' in payload ? payload.openSteps.map(({ step }) => step) : null,
      }),
      ...fieldAttributes('tasker.context', event.business),
    },
    status: { code: 'error' },
  });
}

function attempt(event: LoggedEvent, parts: SpanParts): Span {
  const rootSpanId = event.parentSpanId ?? '';
  const { traceId = '', trace, step, attempt: number } = event;
  const linked = trace?.linked === true;
  const of = { traceId, rootSpanId, linked, step: step ?? '' };
  const own = attemptSpan({ ...of, attempt: number ?? 1 });
  const before = number === null || number < 2 ? null : attemptSpan({ ...of, attempt: number - 1 });
  return {
    ...own,
    // What was recorded is what the handler's calls hang on.
    spanId: event.spanId ?? own.spanId,
    parentSpanId: linked ? null : rootSpanId,
    parentIsRemote: false,
    traceState: trace?.state ?? null,
    kind: 'internal',
    status: { code: 'unset' },
    ...parts,
    links: [
      ...(linked ? [{ traceId, spanId: rootSpanId, attributes: { 'tasker.link': 'task' } }] : []),
      ...(before === null ? [] : [{ ...before, attributes: { 'tasker.link': 'attempt_before' } }]),
    ],
  };
}

/** A span that is nobody's parent: its id follows from its event's, so that each has one of its own, and keeps it. */
function underRoot(event: LoggedEvent, parts: SpanParts): Span {
  return {
    traceId: traceIdOf(event),
    spanId: derivedId(`event ${event.id}`, 8),
    parentSpanId: rootSpanIdOf(event),
    parentIsRemote: false,
    traceState: event.trace?.state ?? null,
    kind: 'internal',
    links: [],
    status: { code: 'unset' },
    ...parts,
  };
}

function traceIdOf(event: LoggedEvent): string {
  return event.traceId ?? '';
}

/** Facts about an attempt bear its span, those about a task or a step without an attempt bear the root. */
function rootSpanIdOf(event: LoggedEvent): string {
  const ofAttempt = event.step !== null && event.attempt !== null;
  return (ofAttempt ? event.parentSpanId : event.spanId) ?? '';
}

export function time(atMs: number | null | undefined): string | null {
  return atMs === null || atMs === undefined ? null : new Date(atMs).toISOString();
}
