import type { LoggedEvent } from '../../events/envelope.ts';
import type { Span } from '../../signals/span.ts';
import type { SubscriberContext, SubscriberDefinition } from '../define-subscriber.ts';
import { type FedSink, feedSink } from '../feed-sink.ts';
import { eventToSpans } from './event-to-spans.ts';

/** Open tasks that were not sampled, and are exported all the same since something happened to them. */
interface Kept {
  readonly late: readonly string[];
}

type Context = SubscriberContext<Kept>;

const mostLate = 1000;

/** What its checkpoint is kept under. */
export const tracingName = (sink: string): string => `distributed-tracing.${sink}`;

/**
 * Traces from the log. A span is made of one event, so the only thing kept is which tasks are exported though they
 * were not sampled: of those that failed, stalled or were late, at most a thousand.
 */
export function distributedTracing(fed: FedSink<Span>): SubscriberDefinition {
  const take = (event: LoggedEvent, context: Context): void | Promise<void> => {
    if (event.trace?.sampled !== false) return context.collect(eventToSpans(event));
    return takeUnsampled(event, context);
  };
  return feedSink<Span, Kept>(fed, {
    name: tracingName(fed.sink),
    state: { initial: () => ({ late: [] }) },
    on: {
      'task.*': take,
      'step.*': take,
      'workflow.task_state_unclear': take,
    },
  });
}

const worthIt: ReadonlySet<string> = new Set([
  'task.failed',
  'task.sla_breached',
  'step.sla_breached',
  'step.stalled',
  'workflow.task_state_unclear',
]);
const endsTask: ReadonlySet<string> = new Set(['task.completed', 'task.cancelled', 'task.resolved_manually']);

function takeUnsampled(event: LoggedEvent, context: Context): void | Promise<void> {
  const { taskId } = event;
  if (taskId === null) return;
  const { late } = context.state;
  if (late.includes(taskId)) {
    if (endsTask.has(event.name)) context.state = { late: late.filter((id) => id !== taskId) };
    return context.collect(marked(eventToSpans(event)));
  }
  if (!worthIt.has(event.name)) return;
  context.state = { late: [...late.slice(-(mostLate - 1)), taskId] };
  return collectSoFar(context);
}

async function collectSoFar(context: Context): Promise<void> {
  for (const event of await context.taskEvents()) context.collect(marked(eventToSpans(event)));
}

/** Children that others made meanwhile were told that nobody samples: whoever looks at the trace should know. */
function marked(spans: readonly Span[]): readonly Span[] {
  return spans.map((span) => ({ ...span, attributes: { ...span.attributes, 'tasker.sampling': 'after_the_fact' } }));
}
