import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { seededRandom } from '../seeded-random.ts';
import { EffectEndpoint } from './effect-endpoint.ts';
import { InvalidFaultError, parseFault } from './fault.ts';
import { refuse, type Answer, type ServiceDefinition } from './service.ts';

export interface HttpServiceOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly seed: number;
  /** Latency varies around it by ± 40 %; 0 answers at once. */
  readonly baseLatencyMs: number;
  /** Stands around every call that has an effect. Default: nothing does. */
  readonly answering?: Answering;
}

export type Answering = (
  service: string,
  request: IncomingMessage,
  response: ServerResponse,
  act: () => Promise<void>,
) => Promise<void>;

export interface HttpService {
  readonly url: string;
  /** Cuts every connection, hanging ones included. */
  close(): Promise<void>;
}

export async function startHttpService(
  definition: ServiceDefinition,
  options: HttpServiceOptions,
): Promise<HttpService> {
  const { answering = (_service, _request, _response, act) => act() } = options;
  const closing = new AbortController();
  const hanging = new Set<ServerResponse>();
  const random = seededRandom(options.seed, definition.name);
  const endpoint = new EffectEndpoint(definition, options.baseLatencyMs, random, closing.signal);

  const effect = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const key = request.headers['idempotency-key'];
    const reply = await endpoint.handle({ key: Array.isArray(key) ? key[0] : key, text: await readText(request) });
    if (reply.kind === 'answer') return send(response, reply.answer, reply.headers);
    if (response.destroyed) return;
    hanging.add(response);
    response.once('close', () => hanging.delete(response));
  };

  const setFault = async (request: IncomingMessage): Promise<Answer> => {
    try {
      endpoint.fault = parseFault(JSON.parse(await readText(request)));
      return { status: 200, body: { fault: endpoint.fault } };
    } catch (error) {
      if (error instanceof InvalidFaultError || error instanceof SyntaxError) {
        return refuse(400, 'invalid_fault', error.message);
      }
      throw error;
    }
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    switch (`${request.method} ${request.url}`) {
      case `POST ${definition.path}`:
        return answering(definition.name, request, response, () => effect(request, response));
      case 'GET /stats':
        return send(response, { status: 200, body: { ...endpoint.stats(hanging.size) } });
      case 'GET /fault':
        return send(response, { status: 200, body: { fault: endpoint.fault } });
      case 'PUT /fault':
        return send(response, await setFault(request));
      case 'DELETE /fault':
        endpoint.fault = null;
        return send(response, { status: 200, body: { fault: null } });
      // Stays green whatever the fault switch says, as health checks do.
      case 'GET /health':
        return send(response, { status: 200, body: { status: 'ok' } });
      default:
        return send(response, refuse(404, 'not_found', `Try POST ${definition.path}, /stats, /fault or /health`));
    }
  };

  const server = createServer((request, response) => {
    route(request, response).catch(() => {
      // Either the caller has gone or the service is closing; where there is someone left to tell, tell.
      if (response.headersSent || closing.signal.aborted) response.destroy();
      else send(response, refuse(500, 'internal_error', 'The service failed'));
    });
  });
  // Longer than callers keep a connection for, so that none of them writes into one that is just being closed.
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  server.listen(options.port, options.host ?? '127.0.0.1');
  await once(server, 'listening');

  let closed: Promise<unknown> | undefined;
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    close: async () => {
      closed ??= new Promise((resolve) => {
        closing.abort();
        server.close(resolve);
        server.closeAllConnections();
      });
      await closed;
    },
  };
}

function send(response: ServerResponse, answer: Answer, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(answer.status, { 'content-type': 'application/json', ...headers });
  response.end(`${JSON.stringify(answer.body)}\n`);
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('The service does not listen on a port');
  return address.port;
}
