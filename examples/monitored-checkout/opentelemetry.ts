// OpenTelemetry as an application sets it up for itself. Nothing here knows of tasks: an attempt is the active span of
// whatever provider there is, so `fetch` in a handler makes children of it, and the services called go on from there.
import { context, propagation, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';

/** How long the last spans may take to be taken. */
const flushMs = 2000;

export function spreadContext(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}

/** A provider of its own for each service: one process may be several. */
export function providerOf(service: string): TracerProvider {
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
}

/** For the process that runs the handlers: each `fetch` is a span. Returns what waits for the last of them. */
export function traceFetch(service: string): () => Promise<void> {
  spreadContext();
  const provider = providerOf(service);
  trace.setGlobalTracerProvider(provider);
  const undici = new UndiciInstrumentation();
  undici.setTracerProvider(provider);
  undici.enable();
  return () => shutDown([provider]);
}

/** For the services: a span for each call that is answered, in the trace of whoever called. */
export function traceServers() {
  spreadContext();
  const providers = new Map<string, TracerProvider>();
  return {
    tracerOf(service: string): Tracer {
      const provider = providers.get(service) ?? providerOf(service);
      providers.set(service, provider);
      return provider.getTracer('monitored-checkout');
    },
    shutDown: () => shutDown([...providers.values()]),
  };
}

/** A receiver that is not there must not keep the process. */
async function shutDown(providers: readonly TracerProvider[]): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, flushMs);
  const done = Promise.all(providers.map((provider) => provider.shutdown().catch(() => undefined)));
  await Promise.race([done, late.promise]);
  clearTimeout(timer);
}
