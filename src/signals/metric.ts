/** After Prometheus: https://prometheus.io/docs/concepts/metric_types/ */
export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricDefinition {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames: readonly string[];
  /** Upper bounds of a histogram's buckets, rising; the one to infinity is implied. */
  readonly buckets?: readonly number[];
}

/** The latest observation of a bucket that has a trace. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Seconds since the Unix epoch. */
  readonly timestampSeconds: number;
}

export interface MetricSeries {
  /** In the order of the definition's label names. */
  readonly labels: readonly string[];
  /** Of a counter or gauge; of a histogram the sum of what was observed. */
  readonly value: number;
  /** Of a histogram: observations by bucket, not added up, the last for infinity. */
  readonly buckets?: readonly number[];
  /** By bucket, where there is one. */
  readonly exemplars?: Readonly<Record<string, Exemplar>>;
}

/** A metric with all its series, as of one moment. */
export interface MetricFamily extends MetricDefinition {
  readonly series: readonly MetricSeries[];
}
