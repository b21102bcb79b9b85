// The second door, for traces: in a project of your own, replace the path by 'tasker/otlp'.
import { otlpSink } from '../../src/otlp.ts';

const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';

/** Traces go where OpenTelemetry's variables say; without one, nowhere. */
export const traceSinks = endpoint === '' ? [] : [otlpSink()];

export const tracesLine =
  endpoint === ''
    ? 'Traces:  nowhere; OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npm start sends them to a Jaeger, Tempo or collector there'
    : `Traces:  ${endpoint} (OTLP over HTTP)`;
