import type { Clock } from '../../shared/clock.ts';
import type { Deliver, Delivery } from '../../signals/delivery.ts';
import type { Span } from '../../signals/span.ts';
import { waited } from '../handle-event.ts';

export interface OfferOptions {
  readonly deliver: Deliver<Span>;
  readonly clock: Clock;
  /** How long one portion is offered again before it is given up. */
  readonly giveUpAfterMs: number;
  readonly onDropped: (count: number, reason: string) => void;
}

const mostAtOnce = 512;
const firstWaitMs = 200;
const longestWaitMs = 30_000;

/**
 * Hands spans over, again and again while the sink may yet take them. What it rejects, or cannot take for too long, is
 * dropped and counted: a trace is not worth holding up all that come after it. False when it was stopped first.
 */
export async function offerSpans(options: OfferOptions, spans: readonly Span[], signal: AbortSignal): Promise<boolean> {
  for (let from = 0; from < spans.length; from += mostAtOnce) {
    if (!(await offer(options, spans.slice(from, from + mostAtOnce), signal))) return false;
  }
  return true;
}

async function offer(options: OfferOptions, spans: readonly Span[], stop: AbortSignal): Promise<boolean> {
  const { clock, giveUpAfterMs, onDropped } = options;
  const began = clock.monotonicMs();
  const drop = ({ reason }: { readonly reason: string }, count = spans.length): true => {
    onDropped(count, reason);
    return true;
  };
  for (let backoffMs = firstWaitMs; ; backoffMs = Math.min(backoffMs * 2, longestWaitMs)) {
    if (stop.aborted) return false;
    const leftMs = Math.max(1, giveUpAfterMs - (clock.monotonicMs() - began));
    const delivery = await inTime(options, spans, stop, leftMs);
    if (delivery.kind === 'delivered') return true;
    // Stopped on the way: it comes again with the next start.
    if (stop.aborted) return false;
    if (delivery.kind === 'rejected') return drop(delivery, delivery.count);
    const askedMs = Number.isFinite(delivery.afterMs) ? (delivery.afterMs ?? 0) : 0;
    const waitMs = Math.max(askedMs, backoffMs);
    if (clock.monotonicMs() - began + waitMs >= giveUpAfterMs) return drop(delivery, spans.length);
    if (!(await waited({ clock, stop }, waitMs))) return false;
  }
}

/** A sink that throws, or never answers, has broken its contract; no other span is held up for it. */
async function inTime(
  { deliver, clock }: OfferOptions,
  spans: readonly Span[],
  stop: AbortSignal,
  leftMs: number,
): Promise<Delivery> {
  const patience = new AbortController();
  const over = Promise.withResolvers<Delivery>();
  const end = (reason: string): void => {
    patience.abort();
    over.resolve({ kind: 'rejected', reason });
  };
  const timer = clock.setTimer(leftMs, () => end('it did not answer in time'));
  const onStop = (): void => end('the engine stops');
  stop.addEventListener('abort', onStop);
  try {
    return await Promise.race([deliver(spans, { signal: patience.signal }), over.promise]);
  } catch (error) {
    return { kind: 'rejected', reason: `it threw ${error instanceof Error ? error.name : 'no error'}` };
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', onStop);
  }
}
