import type { Clock } from '../../shared/clock.ts';
import { delivered, type Delivery, nobodyWaits } from '../../signals/delivery.ts';
import { failureCode, post, type Posted } from './post.ts';
import { retryAfterMs } from './retry-after.ts';

export interface HttpDelivery {
  /** What a reason calls it; never its address. */
  readonly receiver: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What an answer says where its status alone does not; null: what the status says. */
  readonly read?: (answer: Posted) => Delivery | null;
}

/** Sends JSON once, and says what became of it. Throws for nothing that the network does. */
export async function deliver(delivery: HttpDelivery): Promise<Delivery> {
  const { receiver, url, headers, body, timeoutMs, clock, signal, read } = delivery;
  if (signal.aborted) return nobodyWaits;
  try {
    const answer = await post({
      url: new URL(url),
      headers: { 'user-agent': 'tasker', ...headers, 'content-type': 'application/json' },
      body: Buffer.from(body),
      timeoutMs,
      clock,
      signal,
    });
    return read?.(answer) ?? byStatus(receiver, answer, clock.now());
  } catch (error) {
    if (signal.aborted) return nobodyWaits;
    return { kind: 'retryable', reason: `${receiver} cannot be reached (${failureCode(error)})` };
  }
}

/** Too early, too much, or its own trouble: these pass. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** What the status of an answer says, `detail` more exactly. */
export function byStatus(receiver: string, { status, retryAfter }: Posted, nowMs: number, detail = ''): Delivery {
  if (status >= 200 && status < 300) return delivered;
  const reason = `${receiver} answered ${status}${detail === '' ? '' : ` (${detail})`}`;
  if (status >= 300 && status < 400)
    return { kind: 'rejected', reason: `${reason}, and redirections are not followed` };
  if (!passing.has(status) && status < 500) return { kind: 'rejected', reason };
  const afterMs = retryAfterMs(retryAfter, nowMs);
  return { kind: 'retryable', reason, ...(afterMs !== null && { afterMs }) };
}
