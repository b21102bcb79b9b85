import { delivered, type Delivery } from '../../signals/delivery.ts';

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

/** Seconds or a date; null for what is neither. */
export function retryAfterMs(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
