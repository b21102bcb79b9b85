import type { Deliver } from '../signals/delivery.ts';
import type { AlertNotice } from '../signals/alert.ts';
import type { LogRecord } from '../signals/log-record.ts';
import type { MetricFamily } from '../signals/metric.ts';
import type { Span } from '../signals/span.ts';

/**
 * A destination of one kind of signal or several. For whoever writes one: say what became of each delivery and nothing
 * more. Batching, waiting between tries, bounding, counting and giving up are not a sink's business; whoever calls it
 * does that for all sinks alike.
 *
 * A delivery may come twice (after a crash, or when an answer was lost): at least once is what is promised.
 */
export interface Sink {
  /** 1 to 40 of `A-Z a-z 0-9 . _ -`. What has been delivered is remembered under it. */
  readonly name: string;
  /** Takes log records; a sink without it is given none. */
  readonly logs?: Deliver<LogRecord>;
  /** Takes spans; a sink without it is given none. */
  readonly traces?: Deliver<Span>;
  /** Takes metrics as they stand, all of them, every `metricsEveryMs`; a sink without it is given none. */
  readonly metrics?: Deliver<MetricFamily>;
  /** Default 60,000. */
  readonly metricsEveryMs?: number;
  /** Takes what is said of incidents, one notice at a time and in order; a sink without it is given none. */
  readonly alerts?: Deliver<AlertNotice>;
  /**
   * How often an open incident is said again, for a receiver that forgets: Alertmanager. A resolution is said again for
   * five minutes. Default: once is enough.
   */
  readonly repeatAlertsMs?: number;
  /** Lets go of what it holds. A later delivery takes hold of it again or is refused; it never throws. */
  close?(): Promise<void>;
}

/** One that takes log records. */
export type LogSink = Sink & Required<Pick<Sink, 'logs'>>;

/** One that takes spans. */
export type TraceSink = Sink & Required<Pick<Sink, 'traces'>>;

/** One that takes what is said of incidents. */
export type AlertSink = Sink & Required<Pick<Sink, 'alerts'>>;

/** Types a sink; it is checked when a tasker is created with it. */
export function defineSink<Defined extends Sink>(sink: Defined): Readonly<Defined> {
  return Object.freeze(sink);
}
