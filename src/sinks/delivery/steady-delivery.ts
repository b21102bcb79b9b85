import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/ids.ts';
import type { Deliver, Delivery } from '../../signals/delivery.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { type RetryPolicy, usualRetries, waitMs } from './retry-policy.ts';
import type { SinkMeter } from './sink-meter.ts';

export interface SteadyOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: SinkMeter;
  readonly breaker: CircuitBreaker;
  /** Most signals of one call. */
  readonly portion?: number;
  /** How long one portion is offered again before it is dropped. */
  readonly giveUpAfterMs?: number;
  readonly retries?: RetryPolicy;
}

/**
 * Makes of a sink's delivery one that is done with everything it is given: in portions, tried again while the sink may
 * yet take them, for a time; what is rejected or given up is dropped and counted, never held before what comes after.
 * Its only other answer is `retryable`, when nobody waits any longer.
 *
 * There is no queue: what waits is in the log, where it is bounded by the disk and survives the process.
 */
export function steady<Signal>(deliver: Deliver<Signal>, options: SteadyOptions): Deliver<Signal> {
  const { portion = 2048 } = options;
  return async (signals, { signal }) => {
    for (let from = 0; from < signals.length; from += portion) {
      const some = signals.slice(from, from + portion);
      if (!(await settle(deliver, some, signal, options)))
        return { kind: 'retryable', reason: 'nobody waits any longer' };
    }
    return { kind: 'delivered' };
  };
}

/** False when nobody waits any longer. */
async function settle<Signal>(
  deliver: Deliver<Signal>,
  signals: readonly Signal[],
  stop: AbortSignal,
  options: SteadyOptions,
): Promise<boolean> {
  const { clock, random, meter, breaker, giveUpAfterMs = 900_000, retries = usualRetries } = options;
  const count = signals.length;
  const deadlineMs = clock.monotonicMs() + giveUpAfterMs;
  meter.offered(count);
  let reason = 'it has failed too often just now';
  for (let failures = 0; ;) {
    if (stop.aborted) return withdrawn(meter, count);
    const heldMs = breaker.ask(clock.monotonicMs());
    const outcome: Delivery =
      heldMs > 0
        ? { kind: 'retryable', reason, afterMs: heldMs }
        : await once(deliver, signals, { clock, stop, leftMs: deadlineMs - clock.monotonicMs() });
    if (stop.aborted && outcome.kind !== 'delivered') {
      if (heldMs === 0) breaker.withdrawn();
      return withdrawn(meter, count);
    }
    if (outcome.kind === 'delivered') {
      breaker.succeeded();
      meter.delivered(count, clock.monotonicMs());
      return true;
    }
    if (outcome.kind === 'rejected' && outcome.tooLarge === true && count > 1) {
      breaker.succeeded();
      withdrawn(meter, count);
      return inHalves(deliver, signals, stop, options);
    }
    if (outcome.kind === 'rejected') {
      // It answers: what it does not want is no sign that it is down.
      breaker.succeeded();
      const rejected = Math.min(count, outcome.count ?? count);
      if (count > rejected) meter.delivered(count - rejected, clock.monotonicMs());
      meter.dropped(rejected, outcome.reason);
      return true;
    }
    if (heldMs === 0) {
      ({ reason } = outcome);
      failures += 1;
      breaker.failed(clock.monotonicMs());
      meter.retried(outcome.reason, clock.monotonicMs());
    }
    const next = waitMs(Math.max(1, failures), outcome.afterMs, retries, random);
    if (clock.monotonicMs() + next >= deadlineMs) {
      meter.dropped(count, `given up after ${giveUpAfterMs} ms: ${outcome.reason}`);
      return true;
    }
    if (!(await waited(clock, stop, next))) return withdrawn(meter, count);
  }
}

/** In order, and each for itself: what is too large alone is dropped alone. */
async function inHalves<Signal>(
  deliver: Deliver<Signal>,
  signals: readonly Signal[],
  stop: AbortSignal,
  options: SteadyOptions,
): Promise<boolean> {
  const middle = Math.ceil(signals.length / 2);
  for (const half of [signals.slice(0, middle), signals.slice(middle)])
    if (!(await settle(deliver, half, stop, options))) return false;
  return true;
}

function withdrawn(meter: SinkMeter, count: number): false {
  meter.withdrawn(count);
  return false;
}

/** A sink that throws, or never answers, has broken its contract; nothing else is held up for it. */
async function once<Signal>(
  deliver: Deliver<Signal>,
  signals: readonly Signal[],
  { clock, stop, leftMs }: { readonly clock: Clock; readonly stop: AbortSignal; readonly leftMs: number },
): Promise<Delivery> {
  const patience = new AbortController();
  const over = Promise.withResolvers<Delivery>();
  const end = (reason: string): void => {
    patience.abort();
    over.resolve({ kind: 'rejected', reason });
  };
  const timer = clock.setTimer(Math.max(1, leftMs), () => end('it did not answer in time'));
  const onStop = (): void => end('nobody waits any longer');
  stop.addEventListener('abort', onStop);
  try {
    return await Promise.race([deliver(signals, { signal: patience.signal }), over.promise]);
  } catch (error) {
    return { kind: 'rejected', reason: `it threw ${error instanceof Error ? error.name : 'no error'}` };
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', onStop);
  }
}

/** False when nobody waits any longer. */
function waited(clock: Clock, stop: AbortSignal, delayMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (goOn: boolean): void => {
      timer.cancel();
      stop.removeEventListener('abort', onStop);
      resolve(goOn);
    };
    const onStop = (): void => end(false);
    const timer = clock.setTimer(delayMs, () => end(true));
    stop.addEventListener('abort', onStop);
  });
}
