import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

import type { Tasker } from '../../src/index.ts';
import { type Answer, clientGone, placeOrder, refusal, showOrder } from './orders.ts';

/** The engine starts when the app is ready and stops when it closes. */
export function fastifyApp(tasker: Tasker, { maxWaitMs = 30_000 } = {}): FastifyInstance {
  const app = Fastify();
  const closing = new AbortController();

  app.addHook('onReady', () => tasker.start());
  // Before the server waits for its last requests: those that wait for a task are answered with its id.
  app.addHook('preClose', async () => closing.abort());
  // After them: running steps get their grace, then the store is closed.
  app.addHook('onClose', () => tasker.stop());

  app.post('/orders', async (request, reply) => {
    const signals = [clientGone(reply.raw), closing.signal];
    return send(reply, await placeOrder(tasker, request, { signals, maxWaitMs }));
  });
  app.get<{ Params: { id: string } }>('/orders/:id', async (request, reply) =>
    send(reply, await showOrder(tasker, request.params.id)),
  );
  app.setErrorHandler((error, _request, reply) => {
    const refused = refusal(error);
    return refused === null ? reply.send(error) : send(reply, refused);
  });
  return app;
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}
