// The second door, for traces: in a project of your own, replace the path by 'tasker/otlp'.
import { otlpSink } from '../../src/otlp.ts';
import { otlpEndpoint } from './otlp-endpoint.ts';

/** Traces go where OpenTelemetry's variables say; without one, nowhere. */
export const traceSinks = otlpEndpoint === '' ? [] : [otlpSink({ serviceName: 'checkout' })];

export const tracesLine =
  otlpEndpoint === ''
    ? 'Traces:  nowhere; OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npm start sends them to a Jaeger, Tempo or collector there'
    : `Traces:  ${otlpEndpoint} (OTLP over HTTP)`;

/** The application's own spans: a call of a handler, and in the services' process what they make of it. */
export async function traceCalls(): Promise<() => Promise<void>> {
  if (otlpEndpoint === '') return () => Promise.resolve();
  const { traceFetch } = await import('./opentelemetry.ts');
  return traceFetch('checkout');
}
