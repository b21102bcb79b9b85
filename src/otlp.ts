/** The public API of `tasker/otlp`: spans and metrics to receivers of OTLP. Needs the package `@opentelemetry/otlp-transformer`. */
import { otlpEnvironment } from './config/otlp-environment.ts';
import { checkOtlpOptions, type OtlpSinkOptions } from './sinks/otlp/otlp-options.ts';
import { makeOtlpSink } from './sinks/otlp/otlp-sink.ts';
import type { TraceSink } from './sinks/define-sink.ts';
import { withRecipe } from './sinks/sink-recipe.ts';

export type { OtlpSinkOptions, TraceSink };

/**
 * A sink for the traces of tasks, and for metrics if they are asked for: OTLP over HTTP. What is not given here, OpenTelemetry's environment variables say
 * (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, …).
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export function otlpSink(options: OtlpSinkOptions = {}): TraceSink {
  const parts = checkOtlpOptions(options, otlpEnvironment(options.env), otlpEnvironment(options.env, 'metrics'));
  return withRecipe(makeOtlpSink(parts), { kind: 'otlp', parts });
}
