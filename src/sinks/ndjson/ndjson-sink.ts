import type { Writable } from 'node:stream';

import { delivered } from '../../signals/delivery.ts';
import { defineSink, type LogSink } from '../define-sink.ts';
import { logLine } from './log-line.ts';
import { fileOutput, streamOutput } from './output.ts';
import { writeFailure } from './write-failure.ts';

export interface NdjsonSinkOptions {
  /** Default `ndjson`. */
  readonly name?: string;
  /** Default `stdout`. A file is appended to, and made with its folder; relative to the working directory. */
  readonly to?: 'stdout' | { readonly file: string } | { readonly stream: Writable };
}

/** Log records as lines of JSON, for whoever collects a process's output or follows a file. */
export function ndjsonSink({ name = 'ndjson', to = 'stdout' }: NdjsonSinkOptions = {}): LogSink {
  const output =
    to === 'stdout'
      ? streamOutput(process.stdout, 'standard output')
      : 'file' in to
        ? fileOutput(to.file)
        : streamOutput(to.stream, 'the stream');
  /** A write that failed half way has left a piece of a line: what follows begins a new one. */
  let torn = false;
  return defineSink({
    name,
    async logs(records, { signal }) {
      if (signal.aborted) return { kind: 'retryable', reason: 'nobody waits any longer' };
      if (records.length === 0) return delivered;
      try {
        await output.write(`${torn ? '\n' : ''}${records.map(logLine).join('')}`, signal);
        torn = false;
        return delivered;
      } catch (error) {
        torn = true;
        return writeFailure(error, output.name);
      }
    },
    close: async () => output.close(),
  });
}
