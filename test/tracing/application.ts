// OpenTelemetry as an application sets it up, with the SDK of its choice. The packages of both lines lie side by side:
// those of 2.x under names of their own, with the API that belongs to them.
import { registerHooks } from 'node:module';
import { systemClock } from '../../src/shared/clock.ts';
import { post } from '../../src/sinks/http/post.ts';

export type Sdk = 2 | 3;

/** What an application on 2.x has in the place of what this checkout has. */
const ofLine2: Readonly<Record<string, string>> = {
  '@opentelemetry/api': 'otel2-api',
  '@opentelemetry/otlp-transformer': 'otel2-otlp-transformer',
};

/** Before anything is imported that knows OpenTelemetry. */
export function useApiOf(sdk: Sdk): void {
  if (sdk === 3) return;
  registerHooks({
    resolve: (specifier, context, next) => next(ofLine2[specifier] ?? specifier, context),
  });
}

/** Registers a context manager, a propagator and a provider, and instruments `fetch`. Returns what waits for exports. */
export async function setUp(
  sdk: Sdk,
  options: { readonly service: string; readonly receiver: string },
): Promise<() => Promise<void>> {
  const api = await import('@opentelemetry/api');
  const names = sdk === 2 ? inLine2 : inLine3;
  const { AsyncLocalStorageContextManager } = await import(names.contextManager);
  const { W3CTraceContextPropagator } = await import(names.core);
  const { UndiciInstrumentation } = await import(names.undici);
  const traces = await import(names.sdk);
  const { JsonTraceSerializer } = await import(names.transformer);

  const send = async (spans: unknown[], done: (result: { code: number }) => void): Promise<void> => {
    const url = new URL(`${options.receiver}/v1/traces`);
    const headers = { 'content-type': 'application/json' };
    const { signal } = new AbortController();
    await post({
      url,
      headers,
      body: JsonTraceSerializer.serializeRequest(spans),
      timeoutMs: 5000,
      clock: systemClock,
      signal,
    });
    done({ code: 0 });
  };
  const exporter = {
    export: (...given: Parameters<typeof send>) => void send(...given),
    shutdown: () => Promise.resolve(),
  };
  const processor = sdk === 2 ? new traces.SimpleSpanProcessor(exporter) : new traces.SimpleSpanProcessor({ exporter });
  const Provider = sdk === 2 ? traces.BasicTracerProvider : traces.TracerProvider;
  const resource = {
    attributes: { 'service.name': options.service },
    merge: () => resource,
    getRawAttributes: () => [],
  };
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const provider = new Provider({ spanProcessors: [processor], resource });
  api.trace.setGlobalTracerProvider(provider);
  const undici = new UndiciInstrumentation();
  undici.setTracerProvider(provider);
  // Never the spans of what exports spans.
  undici.setConfig({ ignoreRequestHook: ({ origin }: { origin: string }) => origin === options.receiver });
  undici.enable();
  return () => provider.forceFlush();
}

const inLine2 = {
  contextManager: 'otel2-context-async-hooks',
  core: 'otel2-core',
  undici: 'otel2-instrumentation-undici',
  sdk: 'otel2-sdk-trace-base',
  transformer: 'otel2-otlp-transformer',
};
const inLine3 = {
  contextManager: '@opentelemetry/context-async-hooks',
  core: '@opentelemetry/core',
  undici: '@opentelemetry/instrumentation-undici',
  sdk: '@opentelemetry/sdk-trace',
  transformer: '@opentelemetry/otlp-transformer',
};
