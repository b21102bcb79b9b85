import type { LoggedEvent } from '../../events/envelope.ts';
import type { Clock } from '../../shared/clock.ts';
import { TaskerError } from '../../shared/errors.ts';
import type { Deliver, Delivery } from '../../signals/delivery.ts';
import type { LogRecord } from '../../signals/log-record.ts';
import { defineSubscriber, type SubscriberDefinition } from '../define-subscriber.ts';
import { waited } from '../handle-event.ts';
import { eventToLogRecord } from './event-to-log-record.ts';

export interface EventExportOptions {
  /** Of the sink: the checkpoint is kept under `event-export.` and this. */
  readonly sink: string;
  readonly deliver: Deliver<LogRecord>;
  readonly clock: Clock;
  /** How a fact is told; null: not at all. Default: everything it holds. */
  readonly record?: (event: LoggedEvent) => LogRecord | null;
  /** How long one event is offered again before it is set aside. Default 15 minutes. */
  readonly giveUpAfterMs?: number;
}

const firstWaitMs = 200;
const longestWaitMs = 30_000;

/** What its checkpoint is kept under. */
export const exportName = (sink: string): string => `event-export.${sink}`;

/**
 * Everything recorded, from the beginning of the log, to one sink as log records. What the sink cannot take now is
 * offered again and holds up what follows, so the order stays; what it rejects is parked, where an operator sees it.
 */
export function eventExport(options: EventExportOptions): SubscriberDefinition {
  return defineSubscriber({
    name: exportName(options.sink),
    startFrom: 'beginning',
    // Tries are made here: only here is it known whether another one has a point.
    retries: { limit: 0 },
    timeoutMs: options.giveUpAfterMs ?? 900_000,
    on: {
      '*': (event, context) => {
        const record = (options.record ?? eventToLogRecord)(event);
        return record === null ? undefined : context.effect('deliver', () => offer(options, record, context.signal));
      },
    },
  });
}

async function offer(options: EventExportOptions, record: LogRecord, signal: AbortSignal): Promise<void> {
  for (let backoffMs = firstWaitMs; ; backoffMs = Math.min(backoffMs * 2, longestWaitMs)) {
    const delivery = await settled(options, record, signal);
    if (delivery.kind === 'delivered') return;
    if (delivery.kind === 'rejected') throw refused(options, delivery.reason);
    const askedMs = Number.isFinite(delivery.afterMs) ? (delivery.afterMs ?? 0) : 0;
    const goOn = await waited({ clock: options.clock, stop: signal }, Math.max(askedMs, backoffMs));
    if (!goOn) throw refused(options, delivery.reason);
  }
}

function refused({ sink }: EventExportOptions, reason: string): TaskerError {
  return new TaskerError('TASKER_SINK_REJECTED', `Sink '${sink}' did not take the event: ${reason}.`, {
    details: { sink },
  });
}

/** A sink that throws has broken its contract; that is no reason to hold up every other event behind this one. */
async function settled({ deliver }: EventExportOptions, record: LogRecord, signal: AbortSignal): Promise<Delivery> {
  try {
    return await deliver([record], { signal });
  } catch (error) {
    return { kind: 'rejected', reason: `it threw ${error instanceof Error ? error.name : 'no error'}` };
  }
}
