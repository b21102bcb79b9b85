import { main } from '../../../src/cli/main.ts';
import type { Io } from '../../../src/cli/io.ts';
import type { CreateTasker } from '../../../src/cli/session.ts';

export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  interrupt(): void;
  /** As `head` does when it has enough. */
  closeStdout(): void;
  /** Resolves when the text has been written to stderr. */
  whenNoted(text: string): Promise<void>;
}

export interface FakeWorld {
  readonly cwd: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly now?: number;
}

export function fakeIo(world: FakeWorld): FakeIo {
  const written = { out: '', err: '' };
  const watchers = new Set<() => void>();
  const interruption = new AbortController();
  let open = true;
  const output = (channel: 'out' | 'err') => ({
    write: (text: string) => {
      written[channel] += text;
      for (const watcher of watchers) watcher();
    },
    isTTY: world.tty ?? false,
    get open() {
      return open;
    },
    columns: undefined,
    flush: () => Promise.resolve(),
  });
  return {
    stdout: output('out'),
    stderr: output('err'),
    readStdin: () => Promise.resolve(world.stdin ?? ''),
    cwd: world.cwd,
    env: world.env ?? {},
    now: () => world.now ?? Date.now(),
    userName: () => 'ada',
    interruption: () => interruption.signal,
    out: () => written.out,
    err: () => written.err,
    closeStdout: () => (open = false),
    interrupt: () => interruption.abort('SIGINT'),
    whenNoted: (text) =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (!written.err.includes(text) && !written.out.includes(text)) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
        watcher();
      }),
  };
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process. */
export async function tasker(world: FakeWorld, argv: readonly string[], createTasker?: CreateTasker): Promise<Ran> {
  const io = fakeIo(world);
  const code = await main(argv, io, createTasker);
  return { code, out: io.out(), err: io.err() };
}
