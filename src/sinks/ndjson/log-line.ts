import { type LogRecord, severityNumbers } from '../../signals/log-record.ts';

/** One line of JSON with its end; the names are those OpenTelemetry gives to logs outside of OTLP. */
export function logLine(record: LogRecord): string {
  const { timestampMs, severity, eventName, body, traceId, spanId, attributes } = record;
  return `${JSON.stringify({
    timestamp: new Date(timestampMs).toISOString(),
    severity_text: severity.toUpperCase(),
    severity_number: severityNumbers[severity],
    event_name: eventName,
    body,
    ...(traceId !== null && { trace_id: traceId }),
    ...(spanId !== null && { span_id: spanId }),
    attributes,
  })}\n`;
}
