import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandInRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface StandInAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * What a receiver does instead of its work. `silent`: it never answers. `drips`: its answer never ends. `floods`:
 * its answer never ends, and is large. `dies`: the connection breaks in the middle of its answer.
 */
export type Trouble = 'silent' | 'drips' | 'floods' | 'dies' | StandInAnswer;

export interface StandIn {
  /** Without a path. */
  readonly url: string;
  /** All there were, in trouble or not. */
  readonly requests: readonly StandInRequest[];
  /** Null: it does its work. */
  trouble: Trouble | null;
  /** Resolves once so many requests were there. */
  asked(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A receiver over real HTTP on this machine. `work` answers what no trouble meets. */
export async function startStandIn(work: (request: StandInRequest) => StandInAnswer): Promise<StandIn> {
  const requests: StandInRequest[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const received = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) };
      requests.push(received);
      answer(response, standIn.trouble ?? work(received));
      for (const look of waiting) look();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const standIn: StandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    trouble: null,
    asked: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return standIn;
}

function answer(response: ServerResponse, how: Trouble): void {
  if (how === 'silent') return;
  if (how === 'floods') {
    response.writeHead(200);
    const more = (): void => void response.write('a'.repeat(50_000), (error) => error ?? more());
    return more();
  }
  if (how === 'drips') {
    response.writeHead(200).write('a');
    return;
  }
  if (how === 'dies') {
    response.writeHead(202, { 'content-length': '1000' });
    response.write('{"status":', () => response.destroy());
    return;
  }
  response.writeHead(how.status, how.headers).end(how.body ?? '');
}
