import type { ISerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';

import type { MetricFamily, MetricSeries } from '../../signals/metric.ts';
import { hrTime, type OtlpSource } from './otlp-source.ts';

/** What OpenTelemetry's serializers take, as they name it. */
export type ResourceMetrics =
  typeof ProtobufMetricsSerializer extends ISerializer<infer Request, unknown> ? Request : never;
type MetricData = ResourceMetrics['scopeMetrics'][number]['metrics'][number];

// OpenTelemetry's numbers, the same in its SDK 2.x and 3.x: a serializer needs them, and of an SDK nothing else.
const pointTypes = { histogram: 0, gauge: 2, counter: 3 } as const;
const cumulative = 1;
const double = 1;
/**
 * "Unknown", as OTLP has it: counters follow from the log and go on over restarts. The time of this process's start
 * would say that they had begun anew, and receivers would add all of the past once more.
 */
const sinceUnknown: [number, number] = [0, 0];

export function toResourceMetrics(
  families: readonly MetricFamily[],
  source: OtlpSource,
  atMs: number,
): ResourceMetrics {
  const metrics = families.map((family) => toMetricData(family, hrTime(atMs)));
  const { resource, instrumentationScope: scope } = source;
  return { resource, scopeMetrics: [{ scope, metrics }] };
}

function toMetricData(family: MetricFamily, endTime: [number, number]): MetricData {
  const { name, help, type, labelNames } = family;
  return {
    descriptor: { name, description: help, unit: '', valueType: double },
    aggregationTemporality: cumulative,
    dataPointType: pointTypes[type],
    ...(type === 'counter' && { isMonotonic: true }),
    dataPoints: family.series.map((series) => ({
      startTime: sinceUnknown,
      endTime,
      attributes: Object.fromEntries(labelNames.map((label, index) => [label, series.labels[index] ?? ''])),
      value: type === 'histogram' ? histogram(family, series) : series.value,
    })),
  } as unknown as MetricData;
}

function histogram({ buckets: boundaries = [] }: MetricFamily, { value: sum, buckets = [] }: MetricSeries) {
  const counts = Array.from({ length: boundaries.length + 1 }, (_, index) => buckets[index] ?? 0);
  return { buckets: { boundaries, counts }, sum, count: counts.reduce((all, one) => all + one, 0) };
}
