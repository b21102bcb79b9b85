import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/ids.ts';
import type { Deliver, Delivery } from '../../signals/delivery.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { type RetryPolicy, usualRetries, waitMs } from './retry-policy.ts';
import type { SinkMeter } from './sink-meter.ts';

export interface PatientOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: SinkMeter;
  readonly breaker: CircuitBreaker;
  /** How long one try may take. Default 30,000. */
  readonly patienceMs?: number;
  readonly retries?: RetryPolicy;
}

/**
 * Single tries for who decides anew before each what is worth saying: paced, counted, and bounded in time. Nothing is
 * given up here; a failure says so and makes the next try wait.
 */
export class PatientDelivery<Signal> {
  readonly #deliver: Deliver<Signal>;
  readonly #options: PatientOptions;
  #failures = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(deliver: Deliver<Signal>, options: PatientOptions) {
    this.#deliver = deliver;
    this.#options = options;
  }

  /** How long nothing is to be tried. */
  get restMs(): number {
    return Math.max(0, this.#notBeforeMs - this.#options.clock.monotonicMs());
  }

  /** The next only when this has settled. */
  async once(signal: Signal, stop: AbortSignal): Promise<Delivery> {
    const { clock, random, meter, breaker, retries = usualRetries } = this.#options;
    const heldMs = breaker.ask(clock.monotonicMs());
    if (heldMs > 0) {
      this.#notBeforeMs = clock.monotonicMs() + heldMs;
      return { kind: 'retryable', reason: 'it has failed too often just now', afterMs: heldMs, taken: false };
    }
    meter.offered(1);
    const outcome = await this.#inTime(signal, stop);
    const nowMs = clock.monotonicMs();
    if (outcome.kind === 'retryable') {
      meter.withdrawn(1);
      if (stop.aborted) return outcome;
      this.#failures += 1;
      breaker.failed(nowMs);
      meter.retried(outcome.reason, nowMs);
      this.#notBeforeMs = nowMs + waitMs(this.#failures, outcome.afterMs, retries, random);
      return outcome;
    }
    // It answers: what it does not want is no sign that it is down.
    breaker.succeeded();
    this.#failures = 0;
    if (outcome.kind === 'delivered') meter.delivered(1, nowMs);
    else meter.dropped(1, outcome.reason);
    return outcome;
  }

  /** One that throws has broken its contract, and may do so for its destination: what it was given is not lost for it. */
  async #inTime(signal: Signal, stop: AbortSignal): Promise<Delivery> {
    const { clock, patienceMs = 30_000 } = this.#options;
    const patience = new AbortController();
    const over = Promise.withResolvers<Delivery>();
    const end = (reason: string): void => {
      patience.abort();
      over.resolve({ kind: 'retryable', reason });
    };
    if (stop.aborted) return { kind: 'retryable', reason: 'nobody waits any longer', taken: false };
    const timer = clock.setTimer(patienceMs, () => end(`it did not answer within ${patienceMs} ms`));
    const onStop = (): void => end('nobody waits any longer');
    stop.addEventListener('abort', onStop);
    try {
      return await Promise.race([this.#deliver([signal], { signal: patience.signal }), over.promise]);
    } catch (error) {
      return { kind: 'retryable', reason: `it threw ${error instanceof Error ? error.name : 'no error'}` };
    } finally {
      timer.cancel();
      stop.removeEventListener('abort', onStop);
    }
  }
}
