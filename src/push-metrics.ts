import { gatherMetrics, type MetricSources } from './gather-metrics.ts';
import type { Timer } from './shared/clock.ts';
import { isTaskerError } from './shared/errors.ts';
import { systemRandom } from './shared/ids.ts';
import type { SinkFigures } from './signals/delivery.ts';
import type { MetricFamily } from './signals/metric.ts';
import { meterOf, type SinkHost } from './sink-subscribers.ts';
import type { Sink } from './sinks/define-sink.ts';
import { CircuitBreaker } from './sinks/delivery/circuit-breaker.ts';
import type { SinkMeter } from './sinks/delivery/sink-meter.ts';
import { steady } from './sinks/delivery/steady-delivery.ts';
import { performanceMonitoringName } from './subscribers/performance-monitoring/performance-monitoring.ts';

const usualEveryMs = 60_000;
/** The last metrics are worth that long a wait when the engine stops. */
const lastMs = 2000;
/** Written at once: it happens on the engine's thread. */
const seriesAtOnce = 1000;

/**
 * Gives metrics to a sink every so often. What it cannot take until the next are due is dropped and counted: they hold
 * all that was in it. new → running → stopped.
 */
export class MetricsPush {
  readonly #sink: Sink;
  readonly #sources: MetricSources;
  readonly #host: SinkHost;
  readonly #meter: SinkMeter;
  readonly #everyMs: number;
  readonly #deliver: ReturnType<typeof steady<MetricFamily>>;
  #stop = new AbortController();
  #timer: Timer | null = null;
  #pushing: Promise<void> | null = null;

  constructor(sink: Sink, sources: MetricSources, host: SinkHost) {
    const { name, metricsEveryMs = usualEveryMs, metrics = () => Promise.resolve({ kind: 'delivered' }) } = sink;
    this.#sink = sink;
    this.#sources = sources;
    this.#host = host;
    this.#everyMs = metricsEveryMs;
    this.#meter = meterOf(host, { sink: name, signal: 'metrics', subscriber: performanceMonitoringName });
    this.#deliver = steady(metrics, {
      clock: host.clock,
      // Of its own: sending must not change what a seeded engine does.
      random: systemRandom,
      meter: this.#meter,
      breaker: new CircuitBreaker(),
      giveUpAfterMs: metricsEveryMs,
    });
  }

  get figures(): SinkFigures {
    return this.#meter.figures;
  }

  /** Also once more after a stop: an engine that could not start may start later. */
  start(): void {
    this.#stop = new AbortController();
    this.#arm(this.#stop.signal);
  }

  /** Sends once more, for what has happened since; whoever does not take it soon is left behind. */
  async stop(): Promise<void> {
    const stop = this.#stop;
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#timer = null;
    const late = Promise.withResolvers<void>();
    const patience = this.#host.clock.setTimer(lastMs, () => {
      stop.abort();
      late.resolve();
    });
    await Promise.race([this.#last(stop.signal), late.promise]);
    patience.cancel();
    stop.abort();
  }

  #arm(stop: AbortSignal): void {
    this.#timer = this.#host.clock.setTimer(this.#everyMs, () => {
      this.#arm(stop);
      // One that is late holds all there is; a second beside it would only be in its way.
      this.#pushing ??= this.#push(stop).finally(() => (this.#pushing = null));
    });
  }

  async #last(stop: AbortSignal): Promise<void> {
    await this.#pushing;
    await this.#push(stop);
  }

  async #push(signal: AbortSignal): Promise<void> {
    try {
      for (const some of portionsOf(await gatherMetrics(this.#sources))) await this.#deliver(some, { signal });
    } catch (error) {
      // Behind after a restart, or not yet running: the next will be whole.
      if (!isTaskerError(error, 'TASKER_SUBSCRIBER_BEHIND') && !isTaskerError(error, 'TASKER_ENGINE_NOT_RUNNING'))
        this.#host.onProblem(new Error(`metrics cannot be given to sink '${this.#sink.name}'`, { cause: error }));
    }
  }
}

function* portionsOf(families: Iterable<MetricFamily>): Generator<readonly MetricFamily[]> {
  let portion: MetricFamily[] = [];
  let room = seriesAtOnce;
  for (const family of families) {
    for (let from = 0; from < family.series.length;) {
      const series = family.series.slice(from, from + room);
      portion.push({ ...family, series });
      from += series.length;
      room -= series.length;
      if (room > 0) continue;
      yield portion;
      portion = [];
      room = seriesAtOnce;
    }
  }
  if (portion.length > 0) yield portion;
}
