import { spawn } from 'node:child_process';

export interface ServerProcess {
  /** Asks the server to end, and waits until it has. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until `ready` no longer rejects.
 * @throws an error that says `ifMissing` when there is no such program.
 */
export async function startServer(options: {
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  cwd: string;
  ifMissing: string;
  ready(): Promise<void>;
}): Promise<ServerProcess> {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-2000);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  let failure: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      failure = error.code === 'ENOENT' ? new Error(options.ifMissing, { cause: error }) : error;
      resolve();
    });
    child.once('exit', (code, signal) => {
      failure ??= new Error(
        `${options.command} ended (${signal ?? code}) before it was ready. Its last words: ${said}`,
      );
      resolve();
    });
  });
  // A bench that is interrupted must not leave servers behind.
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const patienceEndsMs = performance.now() + 20_000;
  for (;;) {
    if (failure !== undefined) throw failure;
    try {
      await options.ready();
      break;
    } catch (cause) {
      if (performance.now() > patienceEndsMs) {
        kill();
        throw new Error(`${options.command} was not ready within 20 s. Its last words: ${said}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.removeListener('exit', kill);
    },
  };
}
