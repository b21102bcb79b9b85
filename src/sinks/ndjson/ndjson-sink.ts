import type { Writable } from 'node:stream';

import { delivered } from '../../signals/delivery.ts';
import { defineSink, type LogSink } from '../define-sink.ts';
import { logLine } from './log-line.ts';
import { fileOutput, type Output, streamOutput } from './output.ts';
import { writeFailure } from './write-failure.ts';
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
