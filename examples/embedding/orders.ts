import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

import { isTaskerError, type JsonObject, type Tasker, type TaskRequest, type TaskView } from '../../src/index.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

export interface Waiting {
  /** The client has gone away, or the app is closing: the wait ends, the task goes on. */
  readonly signals: readonly AbortSignal[];
  /** The longest that a client may ask to wait, milliseconds. */
  readonly maxWaitMs: number;
}

/** Creates the task; waits for its end if the client prefers to (`Prefer: wait=10`, RFC 7240). */
export async function placeOrder(
  tasker: Tasker,
  request: { readonly headers: IncomingHttpHeaders; readonly body: unknown },
  { signals, maxWaitMs }: Waiting,
): Promise<Answer> {
  // The template's schema checks the context: what does not fit it is refused as TASKER_CONTEXT_INVALID.
  const context = request.body as JsonObject;
  const { id } = await tasker.run({ name: 'order', context, ...fromHeaders(request.headers) });
  const waitMs = Math.min(preferredWaitMs(request.headers), maxWaitMs);
  if (waitMs > 0) {
    const signal = AbortSignal.any([...signals, AbortSignal.timeout(waitMs)]);
    try {
      return shown(200, await tasker.wait(id, { signal }));
    } catch (error) {
      if (!isTaskerError(error, 'TASKER_WAIT_ABORTED')) throw error;
    }
  }
  return shown(202, await tasker.get(id));
}

export async function showOrder(tasker: Tasker, id: string): Promise<Answer> {
  return shown(200, await tasker.get(id));
}

/** Of an error of Tasker's what its client may know; null for any other, which is the app's own to answer. */
export function refusal(error: unknown): Answer | null {
  if (!isTaskerError(error)) return null;
  const message = error.httpStatus < 500 ? error.message : 'The order could not be taken.';
  return {
    status: error.httpStatus,
    headers: error.retryable ? { 'retry-after': '1' } : {},
    body: { code: error.code, message },
  };
}

/** Aborted when the connection ends before the answer has been written. */
export function clientGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const closed = (): void => {
    if (!response.writableFinished) gone.abort();
  };
  if (response.closed) closed();
  else response.once('close', closed);
  return gone.signal;
}

const taken = {
  'idempotency-key': 'idempotencyKey',
  'x-correlation-id': 'correlationId',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
} as const;

function fromHeaders(headers: IncomingHttpHeaders): Pick<TaskRequest, (typeof taken)[keyof typeof taken]> {
  return Object.fromEntries(
    Object.entries(taken).flatMap(([header, field]) => {
      const value = headers[header];
      return typeof value === 'string' ? [[field, value]] : [];
    }),
  );
}

function preferredWaitMs({ prefer }: IncomingHttpHeaders): number {
  const seconds = /(?:^|[,;\s])wait=(\d{1,5})(?=$|[,;\s])/.exec(String(prefer ?? ''))?.[1];
  return Number(seconds ?? 0) * 1000;
}

function shown(status: number, { id, status: task, steps }: TaskView): Answer {
  const shipped = steps.find(({ name }) => name === 'ship')?.results as { parcel: string } | null;
  return {
    status,
    headers: { location: `/orders/${id}` },
    body: { id, status: task, parcel: shipped?.parcel ?? null },
  };
}
