import type { AlertNotice } from '../../signals/alert.ts';
import { delivered, type Deliver, type Delivery } from '../../signals/delivery.ts';

/** How far one batch has come. */
interface Progress {
  readonly notices: readonly AlertNotice[];
  readonly rejected: number;
  readonly reason: string;
}

/**
 * A sink whose receiver takes one notice at a time. When it fails half way, the same batch offered again goes on where
 * it stopped: a trigger and its resolution sent twice would open the alert a second time and page somebody for nothing.
 */
export function oneByOne(send: (notice: AlertNotice, signal: AbortSignal) => Promise<Delivery>): Deliver<AlertNotice> {
  let done: Progress | null = null;
  return async (notices, { signal }) => {
    const isSameBatch = done?.notices.every((notice, index) => notice === notices[index]) ?? false;
    const begun = isSameBatch ? done : null;
    done = null;
    let { rejected, reason } = begun ?? { rejected: 0, reason: '' };
    for (let index = begun?.notices.length ?? 0; index < notices.length; index += 1) {
      const outcome = await send(notices[index] as AlertNotice, signal);
      if (outcome.kind === 'retryable') {
        if (index > 0) done = { notices: notices.slice(0, index), rejected, reason };
        return outcome;
      }
      if (outcome.kind === 'delivered') continue;
      rejected += 1;
      reason ||= outcome.reason;
    }
    if (rejected === 0) return delivered;
    return { kind: 'rejected', reason, ...(rejected < notices.length && { count: rejected }) };
  };
}
