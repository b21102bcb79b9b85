import type { LoggedEvent } from '../../events/envelope.ts';
import type { LogRecord } from '../../signals/log-record.ts';
import type { SubscriberDefinition } from '../define-subscriber.ts';
import { type FedSink, feedSink } from '../feed-sink.ts';
import { eventToLogRecord } from './event-to-log-record.ts';

export interface EventExportOptions extends FedSink<LogRecord> {
  /** How a fact is told; null: not at all. Default: everything it holds. */
  readonly record?: (event: LoggedEvent) => LogRecord | null;
}

/** What its checkpoint is kept under. */
export const exportName = (sink: string): string => `event-export.${sink}`;

/**
 * Everything recorded, from the beginning of the log, to one sink as log records, in order. The checkpoint follows when
 * the sink has them, or when what it cannot take was given up.
 */
export function eventExport({ record = eventToLogRecord, ...fed }: EventExportOptions): SubscriberDefinition {
  const { sink } = fed;
  return feedSink(fed, {
    name: exportName(sink),
    startFrom: 'beginning',
    on: {
      '*': (event, context) => {
        // That it fails is no news to the sink itself: a record of that which fails too would make another, for ever.
        if (event.name.startsWith('sink.') && 'sink' in event.payload && event.payload['sink'] === sink) return;
        const told = record(event);
        if (told !== null) context.collect([told]);
      },
    },
  });
}
