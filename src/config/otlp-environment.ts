import { TaskerError } from '../shared/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type OtlpSignal = 'traces' | 'metrics';

/** What OpenTelemetry's variables say of the export of one kind of signal; null where they say nothing. */
export interface OtlpEnvironment {
  /** With its path. */
  readonly url: string | null;
  /** What the variable for this signal alone says of it. */
  readonly ownUrl: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly encoding: 'protobuf' | 'json' | null;
  readonly compression: 'gzip' | 'none' | null;
  readonly timeoutMs: number | null;
  /** How often metrics are sent. */
  readonly everyMs: number | null;
  /** Nothing is to be sent at all. */
  readonly isDisabled: boolean;
  /** `service.name` among them. */
  readonly resource: Readonly<Record<string, string>>;
}

/**
 * The variables for one signal go before those for all signals, as OpenTelemetry's specification has it. An empty one is
 * as good as none.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`, naming the variable.
 */
export function otlpEnvironment(env: Environment = process.env, signal: OtlpSignal = 'traces'): OtlpEnvironment {
  const own = signal.toUpperCase();
  const general = (name: string): string | null => nonEmpty(env[`OTEL_EXPORTER_OTLP_${name}`]);
  const ofSignal = (name: string): string | null => nonEmpty(env[`OTEL_EXPORTER_OTLP_${own}_${name}`]);
  const either = (name: string): string | null => ofSignal(name) ?? general(name);
  const base = general('ENDPOINT');
  const service = nonEmpty(env['OTEL_SERVICE_NAME']);
  return {
    ownUrl: ofSignal('ENDPOINT'),
    url: ofSignal('ENDPOINT') ?? (base === null ? null : `${base.replace(/\/+$/, '')}/v1/${signal}`),
    headers: {
      ...pairs('OTEL_EXPORTER_OTLP_HEADERS', general('HEADERS')),
      ...pairs(`OTEL_EXPORTER_OTLP_${own}_HEADERS`, ofSignal('HEADERS')),
    },
    encoding: encoding(either('PROTOCOL')),
    compression: compression(either('COMPRESSION')),
    timeoutMs: milliseconds('OTEL_EXPORTER_OTLP_TIMEOUT', either('TIMEOUT')),
    everyMs: milliseconds('OTEL_METRIC_EXPORT_INTERVAL', nonEmpty(env['OTEL_METRIC_EXPORT_INTERVAL'])),
    isDisabled: nonEmpty(env['OTEL_SDK_DISABLED'])?.toLowerCase() === 'true',
    resource: {
      ...pairs('OTEL_RESOURCE_ATTRIBUTES', nonEmpty(env['OTEL_RESOURCE_ATTRIBUTES'])),
      ...(service !== null && { 'service.name': service }),
    },
  };
}

function nonEmpty(value: string | undefined): string | null {
  const text = value?.trim() ?? '';
  return text === '' ? null : text;
}

/** W3C Baggage's form: `key=value,key=value`, values percent-encoded. What they say is never shown: it may be a token. */
function pairs(name: string, text: string | null): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of text?.split(',') ?? []) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const key = part.slice(0, Math.max(0, at)).trim();
    if (key === '') throw invalid(name, 'key=value pairs between commas', 'a part without a key or without =');
    try {
      found[decodeURIComponent(key)] = decodeURIComponent(part.slice(at + 1).trim());
    } catch {
      throw invalid(name, 'percent-encoded values', `a value of '${key}' that is none`);
    }
  }
  return found;
}

function encoding(text: string | null): OtlpEnvironment['encoding'] {
  if (text === null) return null;
  if (text === 'http/protobuf') return 'protobuf';
  if (text === 'http/json') return 'json';
  throw invalid('OTEL_EXPORTER_OTLP_PROTOCOL', "'http/protobuf' or 'http/json' (gRPC is not supported)", `'${text}'`);
}

function compression(text: string | null): OtlpEnvironment['compression'] {
  if (text === null || text === 'gzip' || text === 'none') return text;
  throw invalid('OTEL_EXPORTER_OTLP_COMPRESSION', "'gzip' or 'none'", `'${text}'`);
}

function milliseconds(name: string, text: string | null): number | null {
  if (text === null) return null;
  const ms = Number(text);
  if (Number.isFinite(ms) && ms > 0) return ms;
  throw invalid(name, 'milliseconds above 0', `'${text}'`);
}

function invalid(name: string, expected: string, got: string): TaskerError {
  return new TaskerError('TASKER_CONFIG_INVALID', `${name}: expected ${expected}, got ${got}.`, {
    details: { variable: name },
  });
}
