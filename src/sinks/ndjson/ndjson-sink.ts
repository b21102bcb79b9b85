import type { Writable } from 'node:stream';

import { nobodyWaits } from '../../signals/delivery.ts';
import { defineSink, type LogSink } from '../define-sink.ts';
import { lineWriter } from './line-writer.ts';
import { logLine } from './log-line.ts';
import { fileOutput, type Output, streamOutput } from './output.ts';
import { withRecipe } from '../sink-recipe.ts';

export interface NdjsonSinkOptions {
  /** Default `ndjson`. */
  readonly name?: string;
  /** Default `stdout`. A file is appended to, and made with its folder; relative to the working directory. */
  readonly to?: 'stdout' | { readonly file: string } | { readonly stream: Writable };
}

/** Log records as lines of JSON, for whoever collects a process's output or follows a file. */
export function ndjsonSink({ name = 'ndjson', to = 'stdout' }: NdjsonSinkOptions = {}): LogSink {
  if (typeof to === 'object' && 'stream' in to) return makeNdjsonSink(name, streamOutput(to.stream, 'the stream'));
  const output = to === 'stdout' ? streamOutput(process.stdout, 'standard output') : fileOutput(to.file);
  return withRecipe(makeNdjsonSink(name, output), { kind: 'ndjson', name, to });
}

export function makeNdjsonSink(name: string, output: Output): LogSink {
  const write = lineWriter(output);
  return defineSink({
    name,
    logs: async (records, { signal }) => (signal.aborted ? nobodyWaits : write(records.map(logLine).join(''), signal)),
    close: async () => output.close(),
  });
}
