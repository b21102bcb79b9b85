import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import type { Clock } from '../../shared/clock.ts';

export interface Posted {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Uint8Array;
}

export interface PostOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** From the first byte sent to the last one of the answer. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly signal: AbortSignal;
}

/** Answers are short; one that is not is no receiver's, and must not fill the memory. */
const mostAnswerBytes = 65_536;

/**
 * Rejects with the system's error. Connections are kept open by Node's default agent. A redirection is an answer like
 * any other: it is followed nowhere.
 */
export function post({ url, headers, body, timeoutMs, clock, signal }: PostOptions): Promise<Posted> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<Posted>();
  const all = { ...headers, 'content-length': body.byteLength };
  const sending = send(url, { method: 'POST', headers: all, signal });
  // Of the whole exchange, not of silence: a receiver that sends a byte now and then would hold it for ever.
  const timer = clock.setTimer(timeoutMs, () => {
    reject(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }));
    sending.destroy();
  });
  sending.on('error', reject);
  sending.on('response', (response) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const take = (): void =>
      resolve({
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'] ?? null,
        body: Buffer.concat(parts),
      });
    response.on('data', (part: Buffer) => {
      bytes += part.byteLength;
      if (bytes <= mostAnswerBytes) return void parts.push(part);
      take();
      sending.destroy();
    });
    response.on('error', reject);
    response.on('end', take);
  });
  sending.end(body);
  return promise.finally(() => timer.cancel());
}

/** Of a failed request the system's code alone: a message may hold the address, and the address a key. */
export function failureCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
}
