/**
 * Tasker's own keys under `telemetry`, and what there is instead. One that had a counterpart under the same name would
 * not be here: these are refused by name, so that nobody believes in a setting that does nothing.
 */
export const taskerTelemetryKeys: Readonly<Record<string, string>> = {
  enabled: 'each kind has its own: telemetry.metrics.enabled, telemetry.tracing.enabled, telemetry.logging.enabled',
  service_name: 'use telemetry.logging.service for log lines, OTEL_SERVICE_NAME for traces',
  service_version: 'use OTEL_RESOURCE_ATTRIBUTES (service.version=…)',
  filter_parameters: 'use telemetry.logging.filterParameters',
  filter_mask: 'use telemetry.logging.filterMask',
  structured_logging_enabled: 'use telemetry.logging.enabled',
  correlation_id_header: 'your HTTP front end reads the header and gives correlationId to tasker.run',
  log_level: 'use telemetry.logging.level',
  log_format: 'use telemetry.logging.format',
  metrics_enabled: 'use telemetry.metrics.enabled',
  metrics_endpoint: 'it is always /metrics, on the host and port of operations',
  metrics_format: 'the request says which it accepts: text 0.0.4 or OpenMetrics',
  metrics_auth_required: 'use operations.bearerToken: { env } or { file }',
  performance_monitoring_enabled: 'use telemetry.metrics.enabled',
  slow_query_threshold_seconds: "use a step's handler_config.monitoring.bottleneck_seconds in its template",
  memory_threshold_mb: 'watch process_resident_memory_bytes of /metrics',
  event_sampling_rate:
    'facts are not sampled, or no figure could be trusted; for traces use telemetry.tracing.sampleRatio',
  filtered_events: 'use telemetry.logging.filteredEvents',
  max_stored_samples: 'no samples are stored: histograms count in buckets; telemetry.metrics.seriesLimit bounds them',
  metrics_retention_hours: 'metrics are a projection of the log and do not age; what scrapes them keeps their past',
  prometheus: 'there is no remote write: let Prometheus, or its agent, scrape /metrics and write on',
  config: 'there is nothing to tune: the log is the buffer, subscribers read it in batches of their own (batchSize)',
  batch_events: "subscribers always read in batches; a subscriber's batchSize says how large",
  buffer_size: 'the log is the buffer, and it is on disk',
  flush_interval: 'what is committed is read at once; saveEveryMs says how often a state is saved',
  enable_memoization: 'nothing is memoised that could go stale',
  async_processing: 'subscribers never run in the way of a workflow; there is nothing to switch on',
  sampling_rate: 'use telemetry.tracing.sampleRatio; facts, metrics and logs are not sampled',
};

/** What to say of an unknown key under `telemetry`; null when it is none of Tasker's. Its camel case is meant too. */
export function insteadOf(key: string): string | null {
  const snake = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return taskerTelemetryKeys[snake] ?? null;
}
