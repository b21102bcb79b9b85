import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** Settings that a pooler in transaction mode cannot give to a connection. */
const settings: ReadonlySet<string> = new Set(['statement_timeout', 'options']);

/**
 * Stands before a server as poolers do when a connection is made: it refuses the settings that are asked for, or keeps
 * them to itself. From then on it only hands on. The URL that leads through it.
 */
export async function standBefore(t: TestContext, url: string, does: 'refuses' | 'ignores'): Promise<string> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const listener = createServer((client) => {
    keep(client);
    client.once('data', (first: Buffer) => {
      const asked = startupParameters(first);
      const unfit = [...asked.keys()].find((name) => settings.has(name));
      if (does === 'refuses' && unfit !== undefined) {
        client.end(refusal(`unsupported startup parameter: ${unfit}`));
        return;
      }
      for (const name of settings) asked.delete(name);
      const behind = connect(Number(port), hostname);
      keep(behind);
      client.on('close', () => behind.destroy());
      behind.on('close', () => client.destroy());
      behind.write(startup(asked));
      client.pipe(behind).pipe(client);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const through = new URL(url);
  through.port = String((listener.address() as AddressInfo).port);
  return through.href;
}

const protocol = 196_608;

function startupParameters(message: Buffer): Map<string, string> {
  const words = message.subarray(8).toString().split('\0');
  const parameters = new Map<string, string>();
  for (let at = 0; at + 1 < words.length && words[at] !== ''; at += 2) {
    parameters.set(words[at] ?? '', words[at + 1] ?? '');
  }
  return parameters;
}

function startup(parameters: ReadonlyMap<string, string>): Buffer {
  const body = Buffer.from(`${[...parameters].map((pair) => pair.join('\0')).join('\0')}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(protocol, 4);
  return Buffer.concat([head, body]);
}

function refusal(message: string): Buffer {
  const body = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
