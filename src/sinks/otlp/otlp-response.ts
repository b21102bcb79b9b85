import { delivered, type Delivery } from '../../signals/delivery.ts';
import { retryAfterMs } from '../http/retry-after.ts';

/** By the OTLP specification the only answers after which the same may be sent again; and 408, which proxies give. */
const passing: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

const contentTooLarge = 413;

/** What a receiver's answer means; `now` for dates in `Retry-After`. */
export function readAnswer(status: number, retryAfter: string | null, nowMs: number): Delivery {
  if (status >= 200 && status < 300) return delivered;
  const reason = `the receiver answered ${status}`;
  if (status === contentTooLarge) return { kind: 'rejected', reason, tooLarge: true };
  if (!passing.has(status)) return { kind: 'rejected', reason };
  const afterMs = retryAfterMs(retryAfter, nowMs);
  return { kind: 'retryable', reason, ...(afterMs !== null && { afterMs }) };
}
