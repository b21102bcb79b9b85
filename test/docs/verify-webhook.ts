import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** True for a request that whoever has the secret made within the last five minutes. `body`: the bytes as they came. */
export function isGenuine(headers: IncomingHttpHeaders, body: string, secret: string, nowMs: number): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.${body}`)
    .digest('base64');
  return String(signatures)
    .split(' ')
    .some((one) => {
      const [given, wanted] = [Buffer.from(one), Buffer.from(`v1,${expected}`)];
      return given.byteLength === wanted.byteLength && timingSafeEqual(given, wanted);
    });
}
