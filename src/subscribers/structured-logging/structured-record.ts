import type { LoggedEvent } from '../../events/envelope.ts';
import { matches } from '../../events/pattern.ts';
import type { LogRecord } from '../../signals/log-record.ts';
import { eventToLogRecord } from '../event-export/event-to-log-record.ts';
import { type LogLimits, type LogWords, meaningOf } from './meaning.ts';
import { parameterFilter } from './parameter-filter.ts';

export interface StructuredLoggingOptions {
  readonly words: LogWords;
  readonly bottlenecksMs: LogLimits;
  readonly filterParameters: readonly string[];
  readonly filterMask: string;
  /** Names and patterns of events that are not logged. */
  readonly filteredEvents: readonly string[];
}

/** Facts as lines for people and log stores: with a type and level of their meaning, and filtered once more. */
export function structuredRecord(options: StructuredLoggingOptions): (event: LoggedEvent) => LogRecord | null {
  const shown = parameterFilter(options.filterParameters, options.filterMask);
  return (event) => {
    if (options.filteredEvents.some((pattern) => matches(pattern, event.name))) return null;
    return eventToLogRecord(event, { ...meaningOf(event, options.words, options.bottlenecksMs), shown });
  };
}
