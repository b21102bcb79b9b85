import { z } from 'zod';

import type { OtlpEnvironment } from '../../config/otlp-environment.ts';
import { TaskerError } from '../../shared/errors.ts';
import { checkOptions } from '../check-options.ts';
import type { OtlpSinkParts } from './otlp-sink.ts';

export interface OtlpSinkOptions {
  /** Default `otlp`. What has been delivered is remembered under it. */
  readonly name?: string;
  /**
   * Where traces go, with the path. Default: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT`
   * with `/v1/traces`, else `http://localhost:4318/v1/traces`.
   */
  readonly url?: string;
  /** Added to those of the environment. Keys and tokens belong here, not into the address. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `protobuf`. */
  readonly encoding?: 'protobuf' | 'json';
  /** Default `gzip`. */
  readonly compression?: 'gzip' | 'none';
  /** How long one delivery may take, with the answer, milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** `service.name`. Default `OTEL_SERVICE_NAME`, else `tasker`. */
  readonly serviceName?: string;
  /** Added to those of `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resource?: Readonly<Record<string, string | number | boolean>>;
  /**
   * Sends metrics too, all that `/metrics` shows of tasks and of the engine. Default false. `url`: with its path; default
   * `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, else beside the traces. `everyMs`: default `OTEL_METRIC_EXPORT_INTERVAL`, else
   * 60,000.
   */
  readonly metrics?: boolean | { readonly url?: string; readonly everyMs?: number };
  /** Where the variables are read. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const optionsSchema = z.strictObject({
  name: z.string().default('otlp'),
  url: z.url({ protocol: /^https?$/ }).optional(),
  headers: z.record(z.string(), z.string()).default({}),
  encoding: z.enum(['protobuf', 'json']).optional(),
  compression: z.enum(['gzip', 'none']).optional(),
  timeoutMs: z.number().min(1).max(600_000).optional(),
  serviceName: z.string().min(1).optional(),
  resource: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  metrics: z
    .union([
      z.boolean(),
      z.strictObject({
        url: z.url({ protocol: /^https?$/ }).optional(),
        everyMs: z.number().min(1000).max(86_400_000).optional(),
      }),
    ])
    .default(false),
  env: z.unknown().optional(),
});

/** Code goes before the environment. */
export function checkOtlpOptions(
  options: OtlpSinkOptions,
  environment: OtlpEnvironment,
  ofMetrics: OtlpEnvironment,
): OtlpSinkParts {
  const url = options.url ?? environment.url ?? 'http://localhost:4318/v1/traces';
  const parsed = checkOptions('The OTLP sink', optionsSchema, { ...options, url });
  const { name, headers, encoding, compression, timeoutMs, serviceName, resource, metrics } = parsed;
  const own = typeof metrics === 'object' ? metrics : {};
  return {
    name,
    url,
    headers: { ...environment.headers, ...headers },
    encoding: encoding ?? environment.encoding ?? 'protobuf',
    compression: compression ?? environment.compression ?? 'gzip',
    metrics:
      metrics === false || environment.isDisabled
        ? null
        : {
            encoding: encoding ?? ofMetrics.encoding ?? 'protobuf',
            compression: compression ?? ofMetrics.compression ?? 'gzip',
            timeoutMs: timeoutMs ?? ofMetrics.timeoutMs ?? 10_000,
            url: own.url ?? metricsUrl(options.url, url, ofMetrics),
            everyMs: own.everyMs ?? ofMetrics.everyMs ?? 60_000,
            headers: { ...ofMetrics.headers, ...headers },
          },
    timeoutMs: timeoutMs ?? environment.timeoutMs ?? 10_000,
    resource: {
      'service.name': 'tasker',
      'telemetry.sdk.name': 'tasker',
      'telemetry.sdk.language': 'nodejs',
      ...environment.resource,
      ...resource,
      ...(serviceName !== undefined && { 'service.name': serviceName }),
    },
  };
}

/** Not where the traces go: a receiver of those would refuse it. */
function metricsUrl(given: string | undefined, ofTraces: string, { url, ownUrl }: OtlpEnvironment): string {
  const found = ownUrl ?? (given === undefined ? url : null);
  if (found !== null) return found;
  if (ofTraces.endsWith('/v1/traces')) return ofTraces.replace(/\/v1\/traces$/, '/v1/metrics');
  throw new TaskerError(
    'TASKER_CONFIG_INVALID',
    "The OTLP sink's options are not valid: metrics.url: expected an address, for none follows from that of the traces, which does not end in /v1/traces.",
  );
}
