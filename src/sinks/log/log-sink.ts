import { type Logger, pino } from 'pino';

import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { nobodyWaits } from '../../signals/delivery.ts';
import type { LogRecord } from '../../signals/log-record.ts';
import { defineSink, type LogSink } from '../define-sink.ts';
import { lineWriter } from '../ndjson/line-writer.ts';
import { fileOutput, type Output, streamOutput } from '../ndjson/output.ts';
import { withRecipe } from '../sink-recipe.ts';

export interface LogSinkOptions {
  /** Default `log`. */
  readonly name?: string;
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
  readonly format?: 'json' | 'pretty_json' | 'logfmt';
  readonly destination?: 'stdout' | { readonly file: string };
  /** In every line. */
  readonly service?: string;
}

const attributePrefix = 'tasker.';

/** Log records as pino writes them, a line each. */
export function logSink(options: LogSinkOptions = {}): LogSink {
  const { destination = 'stdout' } = options;
  const output =
    destination === 'stdout' ? streamOutput(process.stdout, 'standard output') : fileOutput(destination.file);
  return withRecipe(makeLogSink(options, output), { kind: 'log', options });
}

export function makeLogSink(options: Omit<LogSinkOptions, 'destination'>, output: Output): LogSink {
  const { name = 'log', level = 'info', format = 'json', service = 'tasker' } = options;
  let lines: string[] = [];
  // pino makes the lines; they are written here, because a sink must know what became of them.
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: false,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void lines.push(line) },
  );
  const writeLines = lineWriter(output);
  return defineSink({
    name,
    async logs(records, { signal }) {
      if (signal.aborted) return nobodyWaits;
      lines = [];
      for (const record of records) write(logger, record);
      const text = format === 'json' ? lines.join('') : lines.map((line) => formatted(line, format)).join('');
      return writeLines(text, signal);
    },
    close: async () => output.close(),
  });
}

function write(logger: Logger, record: LogRecord): void {
  const { timestampMs, severity, eventName, body, traceId, spanId, attributes } = record;
  const fields: Record<string, unknown> = { time: new Date(timestampMs).toISOString(), event: eventName };
  if (traceId !== null) fields['trace_id'] = traceId;
  if (spanId !== null) fields['span_id'] = spanId;
  for (const key of Object.keys(attributes)) fields[shortened(key)] = attributes[key];
  logger[severity](fields, body);
}

// The same few keys come again with every record; a name kept is also quicker to write than one cut anew.
const short = new Map<string, string>();
const mostShort = 1000;

/** OpenTelemetry's form is for those who mix sources; in a line of our own its prefix says nothing. */
function shortened(key: string): string {
  const known = short.get(key);
  if (known !== undefined) return known;
  const cut = key.startsWith(attributePrefix) ? key.slice(attributePrefix.length) : key;
  if (short.size < mostShort) short.set(key, cut);
  return cut;
}

function formatted(line: string, format: 'pretty_json' | 'logfmt'): string {
  const fields = JSON.parse(line) as JsonObject;
  return format === 'pretty_json' ? `${JSON.stringify(fields, null, 2)}\n` : `${logfmt(fields)}\n`;
}

/** `key=value` pairs; what is inside of others under dotted keys. */
function logfmt(fields: JsonObject, prefix = ''): string {
  return Object.entries(fields)
    .map(([key, value]) => {
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return logfmt(value, `${prefix}${logfmtKey(key)}.`);
      return `${prefix}${logfmtKey(key)}=${logfmtValue(value)}`;
    })
    .filter((pair) => pair !== '')
    .join(' ');
}

/** A key may come from a customer's request: it must not begin another pair, or another line. */
function logfmtKey(key: string): string {
  return key === '' ? '_' : key.replaceAll(/[\s"=\p{Cc}]/gu, '_');
}

function logfmtValue(value: JsonValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}
