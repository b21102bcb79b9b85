/** Where spans go, by OpenTelemetry's own variable; empty: nowhere. */
export const otlpEndpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
