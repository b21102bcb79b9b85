import { Writable } from 'node:stream';

import { z } from 'zod';

import type { AlertNotice, AlertSeverity } from '../../signals/alert.ts';
import { nobodyWaits } from '../../signals/delivery.ts';
import type { LogRecord, LogSeverity } from '../../signals/log-record.ts';
import { noticeJson, noticeTypes } from '../alerts/alert-json.ts';
import { missedInWords } from '../alerts/incident-words.ts';
import { shortLine } from '../alerts/text.ts';
import { checkOptions } from '../check-options.ts';
import { type AlertSink, defineSink } from '../define-sink.ts';
import { nameSchema } from '../http/receiver-url.ts';
import { lineWriter } from '../ndjson/line-writer.ts';
import { logLine } from '../ndjson/log-line.ts';
import { fileOutput, type Output, streamOutput } from '../ndjson/output.ts';
import { withRecipe } from '../sink-recipe.ts';

export interface AlertLogSinkOptions {
  /** Default `alert-log`. */
  readonly name?: string;
  /** Default `stdout`. A file is appended to, and made with its folder; relative to the working directory. */
  readonly to?: 'stdout' | { readonly file: string } | { readonly stream: Writable };
}

const optionsSchema = z.strictObject({
  name: nameSchema.default('alert-log'),
  to: z
    .union(
      [
        z.literal('stdout'),
        z.strictObject({ file: z.string().min(1) }),
        z.strictObject({ stream: z.instanceof(Writable) }),
      ],
      "expected 'stdout', { file } or { stream }",
    )
    .default('stdout'),
});

/**
 * What is said of incidents as lines of JSON, in the form of the log records that `ndjsonSink` writes.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export function alertLogSink(options: AlertLogSinkOptions = {}): AlertSink {
  const { name, to } = checkOptions('The alert log sink', optionsSchema, options);
  if (typeof to === 'object' && 'stream' in to) return makeAlertLogSink(name, streamOutput(to.stream, 'the stream'));
  const output = to === 'stdout' ? streamOutput(process.stdout, 'standard output') : fileOutput(to.file);
  return withRecipe(makeAlertLogSink(name, output), { kind: 'alert-log', name, to });
}

export function makeAlertLogSink(name: string, output: Output): AlertSink {
  const write = lineWriter(output);
  return defineSink({
    name,
    alerts: async (notices, { signal }) =>
      signal.aborted ? nobodyWaits : write(notices.map((notice) => logLine(recordOf(notice))).join(''), signal),
    close: async () => output.close(),
  });
}

const logSeverities: Readonly<Record<AlertSeverity, LogSeverity>> = {
  critical: 'error',
  error: 'error',
  warning: 'warn',
  info: 'info',
};

function recordOf(notice: AlertNotice): LogRecord {
  const { version, data } = noticeJson(notice) as { version: number; data: LogRecord['attributes'] };
  const about = {
    timestampMs: notice.atMs,
    eventName: noticeTypes[notice.kind],
    spanId: null,
    attributes: { version, ...data },
  };
  if (notice.kind === 'summary')
    return { ...about, severity: 'info', body: missedInWords(notice.missed), traceId: null };
  const { severity, summary, exampleTrace } = notice.incident;
  const isGoingOn = notice.kind !== 'resolve' && notice.kind !== 'acknowledge' && notice.kind !== 'settle';
  return {
    ...about,
    severity: isGoingOn ? logSeverities[severity] : 'info',
    body: shortLine(summary, 1024),
    traceId: exampleTrace,
  };
}
