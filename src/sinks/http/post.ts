import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Posted {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Uint8Array;
}

export interface PostOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Without a sign from the receiver. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Answers are short; one that is not is no receiver's, and must not fill the memory. */
const mostAnswerBytes = 65_536;

/** Rejects with the system's error. Connections are kept open by Node's default agent. */
export function post({ url, headers, body, timeoutMs, signal }: PostOptions): Promise<Posted> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const all = { ...headers, 'content-length': body.byteLength };
    const sending = send(url, { method: 'POST', headers: all, timeout: timeoutMs, signal });
    sending.on('error', reject);
    sending.on('timeout', () => sending.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    sending.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.byteLength;
        if (bytes <= mostAnswerBytes) parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'] ?? null,
          body: Buffer.concat(parts),
        }),
      );
    });
    sending.end(body);
  });
}
