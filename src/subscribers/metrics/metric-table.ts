import type { JsonValue } from '../../shared/json.ts';
import type { Exemplar, MetricDefinition, MetricFamily } from '../../signals/metric.ts';

/** What an observation is told with, for its exemplar. */
export interface ObservedIn {
  readonly traceId?: string;
  readonly trace?: { readonly sampled?: boolean };
  readonly occurredAt: number;
}

interface Series {
  readonly labels: readonly string[];
  value: number;
  readonly buckets: number[];
  readonly exemplars: Record<string, Exemplar>;
}

interface Metric {
  readonly definition: MetricDefinition;
  readonly series: Map<string, Series>;
}

type StoredSeries = readonly [labels: readonly string[], value: number, buckets?: readonly number[]];

/** Label value of the series into which everything goes that is beyond a metric's limit, as OpenTelemetry has it. */
export const overflowLabel = '__overflow__';
/** Each table has it, for its own metrics. */
export const overflowMetric = 'tasker_metric_series_overflow_total';

export const defaultSeriesLimit = 2000;

/**
 * Counters, gauges and histograms as a projection of the log: part of a subscriber's state, saved and restored with its
 * checkpoint. A metric has so many series at most; what is beyond is counted in one series for all, so that sums stay
 * right, and told by `tasker_metric_series_overflow_total`.
 */
export class MetricTable {
  readonly #metrics: ReadonlyMap<string, Metric>;
  readonly #limit: number;

  constructor(definitions: readonly MetricDefinition[], limit = defaultSeriesLimit) {
    const overflow: MetricDefinition = {
      name: overflowMetric,
      help: 'Updates of series beyond a metric\u2019s limit, which went into one series for all of them.',
      type: 'counter',
      labelNames: ['metric'],
    };
    this.#metrics = new Map(
      [...definitions, overflow].map((definition) => [definition.name, { definition, series: new Map() }]),
    );
    this.#limit = limit;
  }

  /** Adds to a counter or a gauge. `labels`: in the order of the definition. */
  add(name: string, labels: readonly string[], amount = 1): void {
    this.#series(name, labels).value += amount;
  }

  set(name: string, labels: readonly string[], value: number): void {
    this.#series(name, labels).value = value;
  }

  observe(name: string, labels: readonly string[], value: number, { traceId, trace, occurredAt }: ObservedIn): void {
    const series = this.#series(name, labels);
    const bounds = this.#metric(name).definition.buckets ?? [];
    const found = bounds.findIndex((bound) => value <= bound);
    const bucket = found === -1 ? bounds.length : found;
    series.value += value;
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    // Where nothing was exported, nothing would be found.
    if (traceId !== undefined && trace?.sampled !== false)
      series.exemplars[bucket] = { traceId, value, timestampSeconds: occurredAt / 1000 };
  }

  /** 0 for a series that is not there. */
  value(name: string, labels: readonly string[]): number {
    return this.#metric(name).series.get(labels.join('\u0000'))?.value ?? 0;
  }

  families(): readonly MetricFamily[] {
    return [...this.#metrics.values()].map(({ definition, series }) => ({
      ...definition,
      series: [...series.values()].map(({ labels, value, buckets, exemplars }) => ({
        labels,
        value,
        ...(definition.type === 'histogram' && { buckets: [...buckets], exemplars: { ...exemplars } }),
      })),
    }));
  }

  /** Exemplars are not kept: they point at traces of the moment. */
  encode(): JsonValue {
    const stored = [...this.#metrics.values()].map(({ definition, series }) => [
      definition.name,
      {
        labels: definition.labelNames,
        buckets: definition.buckets ?? null,
        series: [...series.values()].map(({ labels, value, buckets }) =>
          definition.type === 'histogram' ? [labels, value, buckets] : [labels, value],
        ),
      },
    ]);
    return Object.fromEntries(stored) as JsonValue;
  }

  /**
   * Takes over what was stored. A metric whose labels have changed since keeps its sums: a label that is new is empty for
   * what was counted before, as it is to Prometheus. With other buckets it begins anew; one that is gone is dropped.
   */
  restore(stored: JsonValue): void {
    const all = stored as unknown as Readonly<
      Record<string, { labels: readonly string[]; buckets: readonly number[] | null; series: readonly StoredSeries[] }>
    >;
    for (const { definition, series } of this.#metrics.values()) {
      const before = all[definition.name];
      if (before === undefined) continue;
      if (String(before.buckets) !== String(definition.buckets ?? null)) continue;
      for (const [labels, value, buckets = []] of before.series)
        merge(series, { labels: relabelled(labels, before.labels, definition.labelNames), value, buckets });
    }
  }

  #metric(name: string): Metric {
    const metric = this.#metrics.get(name);
    if (metric === undefined) throw new Error(`there is no metric '${name}'`);
    return metric;
  }

  #series(name: string, labels: readonly string[]): Series {
    const { definition, series } = this.#metric(name);
    const found = series.get(labels.join('\u0000'));
    if (found !== undefined) return found;
    if (series.size >= this.#limit && labels.some((label) => label !== overflowLabel)) {
      if (name !== overflowMetric) this.add(overflowMetric, [name]);
      return this.#series(
        name,
        labels.map(() => overflowLabel),
      );
    }
    const buckets = definition.type === 'histogram' ? [...(definition.buckets ?? []), 0].fill(0) : [];
    const created: Series = { labels: [...labels], value: 0, buckets, exemplars: {} };
    series.set(labels.join('\u0000'), created);
    return created;
  }
}

/** Values of labels in the order of others: empty for those that are new, without those that are gone. */
export function relabelled(
  values: readonly string[],
  from: readonly string[],
  to: readonly string[],
): readonly string[] {
  if (String(from) === String(to)) return values;
  if (values.length > 0 && values.every((value) => value === overflowLabel)) return to.map(() => overflowLabel);
  return to.map((name) => values[from.indexOf(name)] ?? '');
}

/** Two that differed in a label that is gone are one. */
function merge(
  all: Map<string, Series>,
  one: Pick<Series, 'labels' | 'value'> & { readonly buckets: readonly number[] },
) {
  const key = one.labels.join('\u0000');
  const found = all.get(key);
  if (found === undefined) return void all.set(key, { ...one, buckets: [...one.buckets], exemplars: {} });
  found.value += one.value;
  for (const [index, count] of one.buckets.entries()) found.buckets[index] = (found.buckets[index] ?? 0) + count;
}
