import type { Deliver } from '../signals/delivery.ts';
import type { LogRecord } from '../signals/log-record.ts';

/**
 * A destination. For whoever writes one: say what became of each delivery and nothing more. Batching, waiting between
 * tries, bounding, counting and giving up are not a sink's business; whoever calls it does that for all sinks alike.
 *
 * A delivery may come twice (after a crash, or when an answer was lost): at least once is what is promised.
 */
export interface Sink {
  /** 1 to 40 of `A-Z a-z 0-9 . _ -`. What has been delivered is remembered under it. */
  readonly name: string;
  /** Takes log records; a sink without it is given none. */
  readonly logs: Deliver<LogRecord>;
  /** Lets go of what it holds. A later delivery takes hold of it again or is refused; it never throws. */
  close?(): Promise<void>;
}

/** Types a sink; it is checked when a tasker is created with it. */
export function defineSink(sink: Sink): Sink {
  return Object.freeze(sink);
}
