import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { errorMessage, errorTable, isTaskerError, TaskerError } from '../shared/errors.ts';

export interface Health {
  /** Whether work can be taken. */
  readonly ready: boolean;
  /** What is not as it should be though work goes on: a subscriber that lags or failed. */
  readonly degraded: readonly string[];
}

export interface Answer {
  readonly contentType: string;
  /** In pieces: sent as they come. */
  readonly body: string | AsyncIterable<string>;
}

export interface OperationsOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Asked for at `/metrics`; null: nobody is asked. */
  readonly bearerToken: string | null;
  readonly health: () => Promise<Health>;
  /** `accept`: the request's header. */
  readonly metrics: (accept: string) => Promise<Answer>;
}

/**
 * HTTP for whoever runs this process: `/metrics`, `/health/live`, `/health/ready`. A listener of its own, so that it is
 * never open where customers are. closed → listening → closed.
 */
export class OperationsListener {
  readonly #options: OperationsOptions;
  #server: Server | null = null;

  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  /** Where it listens; null while it does not. */
  get url(): string | null {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    if (address === null || address === undefined) return null;
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  /** @throws TaskerError `TASKER_OPERATIONS_UNAVAILABLE` */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    const server = createServer((request, response) => void this.#answer(request, response));
    server.headersTimeout = 10_000;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
    } catch (error) {
      throw new TaskerError(
        'TASKER_OPERATIONS_UNAVAILABLE',
        `The operations listener cannot listen on ${host}:${port}: ${errorMessage(error)}. Give 'operations' another port or host.`,
        { cause: error, details: { host, port } },
      );
    }
    // The engine keeps the process running, not whoever looks at it.
    server.unref();
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const pathname = pathOf(request.url ?? '/');
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return send(response, 405, text('only GET is answered'));
      switch (pathname) {
        case '/metrics':
          if (!this.#mayRead(request)) {
            response.setHeader('www-authenticate', 'Bearer');
            return send(response, 401, text('expected the bearer token of operations'));
          }
          return await send(response, 200, await this.#options.metrics(request.headers.accept ?? ''));
        case '/health/live':
          return send(response, 200, json({ status: 'live' }));
        case '/health/ready':
          return await this.#ready(response);
        default:
          return send(response, 404, text('there is /metrics, /health/live and /health/ready'));
      }
    } catch (error) {
      // Half an answer must not be taken for a whole one.
      if (response.headersSent) return void response.destroy();
      const status = isTaskerError(error) ? errorTable[error.code].httpStatus : 500;
      return send(response, status, text(errorMessage(error)));
    }
  }

  async #ready(response: ServerResponse): Promise<void> {
    const { ready, degraded } = await this.#options.health();
    const status = !ready ? 'not ready' : degraded.length > 0 ? 'degraded' : 'ready';
    return send(response, ready ? 200 : 503, json({ status, degraded }));
  }

  #mayRead({ headers }: IncomingMessage): boolean {
    const { bearerToken } = this.#options;
    if (bearerToken === null) return true;
    const [, token = ''] = /^bearer +(.*)$/i.exec(headers.authorization ?? '') ?? [];
    const given = Buffer.from(token);
    const expected = Buffer.from(bearerToken);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

/** Of what is no address there is nothing here either. */
function pathOf(url: string): string {
  return URL.canParse(url, 'http://operations') ? new URL(url, 'http://operations').pathname : '';
}

async function send(response: ServerResponse, status: number, { contentType, body }: Answer): Promise<void> {
  if (typeof body === 'string') {
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }).end(body);
    return;
  }
  response.writeHead(status, { 'content-type': contentType });
  await pipeline(Readable.from(body, { objectMode: true }), response);
}

const text = (body: string): Answer => ({ contentType: 'text/plain; charset=utf-8', body: `${body}\n` });
const json = (value: unknown): Answer => ({ contentType: 'application/json', body: `${JSON.stringify(value)}\n` });
