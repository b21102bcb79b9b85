import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

import express, { type NextFunction, type Request, type Response } from 'express';

import type { Tasker } from '../../src/index.ts';
import { type Answer, clientGone, placeOrder, refusal, showOrder } from './orders.ts';

export interface ExpressServer {
  readonly server: Server;
  readonly close: () => Promise<void>;
}

/** The engine starts before the server listens and stops when the server has answered its last request. */
export async function expressServer(tasker: Tasker, { port = 0, maxWaitMs = 30_000 } = {}): Promise<ExpressServer> {
  const app = express();
  const closing = new AbortController();
  const send = (response: Response, { status, headers, body }: Answer): void => {
    // A connection kept alive would hold up the server's close until its client lets go.
    if (closing.signal.aborted) response.set('connection', 'close');
    response.status(status).set(headers).json(body);
  };

  app.use(express.json());
  app.post('/orders', async (request, response) => {
    const signals = [clientGone(response), closing.signal];
    send(response, await placeOrder(tasker, request, { signals, maxWaitMs }));
  });
  app.get('/orders/:id', async (request, response) => send(response, await showOrder(tasker, request.params.id)));
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    const refused = refusal(error);
    if (refused === null) next(error);
    else send(response, refused);
  });

  const server = createServer(app);
  try {
    await tasker.start();
    await once(server.listen(port), 'listening');
  } catch (error) {
    await tasker.stop();
    throw error;
  }
  return {
    server,
    async close() {
      // Requests that wait for a task are answered with its id; then no request is left, and the engine may go.
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      await closed;
      await tasker.stop();
    },
  };
}
