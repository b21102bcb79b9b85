import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';

export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** False once its reader has closed it: nobody is there to write for. */
  readonly open: boolean;
  /** Undefined when it is not a terminal. */
  readonly columns: number | undefined;
  /** Resolves when everything written has left the process, so that the caller may exit. */
  flush(): Promise<void>;
}

/** All that a command knows of the world outside Tasker; tests give their own and run commands in process. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readStdin(): Promise<string>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  userName(): string;
  /**
   * Aborted by the first SIGINT or SIGTERM. Commands that only read never ask for it, so that a signal ends them at
   * once; the second signal ends any command at once.
   */
  interruption(): AbortSignal;
}

export function processIo(): Io {
  let interruption: AbortSignal | undefined;
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    readStdin: () => text(process.stdin),
    cwd: process.cwd(),
    env: process.env,
    now: () => Date.now(),
    userName,
    interruption: () => (interruption ??= listenForSignals()),
  };
}

function output(stream: NodeJS.WriteStream): Output {
  // `tasker events | head` closes our output early: that is the reader's right and no reason for a stack trace.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (written) => {
      if (stream.writable) stream.write(written);
    },
    flush: () => new Promise((resolve) => (stream.writable ? stream.write('', () => resolve()) : resolve())),
    get open() {
      return stream.writable;
    },
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
  };
}

function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    controller.abort(signal);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user id may have no entry in the password file.
    return 'unknown';
  }
}
