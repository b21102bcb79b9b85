import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';

/** Where lines go. `write` resolves when the text was taken over, and rejects with the system's error. */
export interface Output {
  /** For people. */
  readonly name: string;
  write(text: string, signal: AbortSignal): Promise<void>;
  /** A later write opens it again: one configuration may serve several taskers. */
  close(): void;
}

/** Opened for each write, so that a file that was moved away, as log rotation does, is made anew. */
export function fileOutput(path: string): Output {
  return {
    name: path,
    async write(text) {
      try {
        await appendFile(path, text);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
        await mkdir(dirname(path), { recursive: true });
        await appendFile(path, text);
      }
    },
    close: () => undefined,
  };
}

/** A stream that somebody else owns: it is written to, never ended. */
export function streamOutput(stream: Writable, name: string): Output {
  // A failed write comes back to its caller; without a listener the same error would end the process.
  const ignore = (): void => undefined;
  let open = false;
  return {
    name,
    write: (text, signal) =>
      new Promise((resolve, reject) => {
        // A stream that has failed may keep what it is given, and never call back.
        if (stream.errored !== null || !stream.writable)
          return reject(Object.assign(new Error('the stream is closed'), { code: 'ERR_STREAM_DESTROYED' }));
        if (!open) stream.on('error', ignore);
        open = true;
        // A reader that never reads must not keep whoever waits.
        const giveUp = (): void => reject(Object.assign(new Error('nobody reads'), { code: 'EAGAIN' }));
        signal.addEventListener('abort', giveUp, { once: true });
        stream.write(text, (error) => {
          signal.removeEventListener('abort', giveUp);
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      }),
    close() {
      open = false;
      // Not before what is under way has failed or not.
      setImmediate(() => open || stream.off('error', ignore));
    },
  };
}
