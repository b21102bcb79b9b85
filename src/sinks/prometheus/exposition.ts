import { type Metric, Registry } from 'prom-client';

import type { Exemplar, MetricFamily, MetricSeries } from '../../signals/metric.ts';

/** Text 0.0.4 as every Prometheus reads it; OpenMetrics 1.0, which alone can carry exemplars, for whoever asks for it. */
export type ExpositionFormat = 'text' | 'openmetrics';

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** What of a prom-client registry, of whichever version, is relied on. */
export interface JoinedRegistry {
  getMetricsAsJSON(): Promise<readonly JoinedMetric[]>;
}

interface JoinedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
  readonly values?: readonly object[];
}

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>;
    readonly value: number;
    readonly timestamp: number;
  };
}

/** Series of which the text is built in one go: between them others have their turn. */
const seriesAtOnce = 50;

/**
 * The text of metric families and of joined registries, in pieces with turns of the event loop between them: no scrape,
 * however long, holds the engine up. Of two metrics with one name the first counts.
 */
export class Exposition {
  readonly #format: ExpositionFormat;
  readonly #registry = new Registry();
  readonly #seen = new Set<string>();

  constructor(format: ExpositionFormat) {
    this.#format = format;
    if (format === 'openmetrics') this.#registry.setContentType(contentTypes.openmetrics as never);
  }

  async *family(family: MetricFamily): AsyncGenerator<string> {
    if (this.#seen.has(family.name)) return;
    this.#seen.add(family.name);
    for (let from = 0; from === 0 || from < family.series.length; from += seriesAtOnce) {
      const samples = family.series.slice(from, from + seriesAtOnce).flatMap((series) => samplesOf(family, series));
      const text = await this.#text(family, samples);
      yield `${from === 0 ? text : withoutHead(text)}\n`;
      await new Promise(setImmediate);
    }
  }

  async *joined(registry: JoinedRegistry): AsyncGenerator<string> {
    for (const metric of await registry.getMetricsAsJSON()) {
      if (this.#seen.has(metric.name)) continue;
      this.#seen.add(metric.name);
      yield `${await this.#text({ ...metric, type: String(metric.type) }, metric.values ?? [])}\n`;
    }
  }

  get end(): string {
    return this.#format === 'text' ? '' : '# EOF\n';
  }

  #text(
    { name, help, type }: { readonly name: string; readonly help: string; readonly type: string },
    values: readonly object[],
  ): Promise<string> {
    // OpenMetrics names a counter without its suffix, which its samples have.
    const isCounter = type === 'counter' && this.#format === 'openmetrics';
    const metric = { name: isCounter ? name.replace(/_total$/, '') : name, help, type, values, aggregator: 'sum' };
    // prom-client writes what a metric of its own would give it: ours are no counters of this process.
    this.#registry.clear();
    this.#registry.registerMetric({ ...metric, get: () => Promise.resolve(metric) } as unknown as Metric);
    return this.#registry.getSingleMetricAsString(metric.name);
  }
}

function withoutHead(text: string): string {
  return text.split('\n').slice(2).join('\n');
}

function samplesOf({ name, type, labelNames, buckets = [] }: MetricFamily, series: MetricSeries): readonly Sample[] {
  const labels = Object.fromEntries(labelNames.map((label, index) => [label, series.labels[index] ?? '']));
  if (type !== 'histogram') return [{ labels, value: series.value }];
  let count = 0;
  const counted = [...buckets, Number.POSITIVE_INFINITY].map((bound, index): Sample => {
    count += series.buckets?.[index] ?? 0;
    const exemplar = series.exemplars?.[String(index)];
    return {
      metricName: `${name}_bucket`,
      labels: { ...labels, le: bound === Number.POSITIVE_INFINITY ? '+Inf' : bound },
      value: count,
      ...(exemplar !== undefined && { exemplar: asExemplar(exemplar) }),
    };
  });
  return [
    ...counted,
    { metricName: `${name}_sum`, labels, value: series.value },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

function asExemplar({ traceId, value, timestampSeconds }: Exemplar): NonNullable<Sample['exemplar']> {
  return { labelSet: { trace_id: traceId }, value, timestamp: timestampSeconds };
}
