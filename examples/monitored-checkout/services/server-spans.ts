import type { IncomingMessage } from 'node:http';

import { context, propagation, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';

import type { Answering } from './http-service.ts';

/** A span for each call, a child of the caller's; one that never answers has ended when its caller has gone. */
export function serverSpans(tracerOf: (service: string) => Tracer): Answering {
  return async (service, request, response, act) => {
    const caller = propagation.extract(context.active(), request.headers);
    const span = tracerOf(service).startSpan(
      `${request.method ?? ''} ${request.url ?? ''}`,
      { kind: SpanKind.SERVER, attributes: requestAttributes(request) },
      caller,
    );
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode);
      if (!response.writableFinished || response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    await context.with(trace.setSpan(caller, span), act);
  };
}

function requestAttributes({ method = '', url = '', socket }: IncomingMessage) {
  return { 'http.request.method': method, 'url.path': url, 'url.scheme': 'http', 'server.port': socket.localPort ?? 0 };
}
