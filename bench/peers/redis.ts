import { Redis } from 'ioredis';

import { freePort } from './free-port.ts';
import { startServer } from './server-process.ts';

export type AppendFsync = 'everysec' | 'always';

export const durabilityOf: Readonly<Record<AppendFsync, string>> = {
  everysec: 'a power cut loses up to a second of steps (append-only file, appendfsync everysec)',
  always: 'every step on disk before the next (append-only file, appendfsync always)',
};

export interface RunningRedis {
  readonly port: number;
  readonly version: string;
  stop(): Promise<void>;
}

/** A real Redis with its append-only file on, from the PATH: no npm package carries the server itself. */
export async function startRedis(folder: string, appendFsync: AppendFsync): Promise<RunningRedis> {
  const port = await freePort();
  let version = '?';
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  const server = await startServer({
    command: 'redis-server',
    args: [...args, '--appendfsync', appendFsync],
    cwd: folder,
    ifMissing:
      'there is no redis-server on the PATH; install one (Debian and Ubuntu: apt-get install redis-server, macOS: brew install redis)',
    async ready() {
      const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
      client.on('error', () => undefined);
      try {
        await client.connect();
        version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? '?';
      } finally {
        client.disconnect();
      }
    },
  });
  return { port, version, stop: () => server.stop() };
}
