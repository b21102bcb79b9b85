import { setTimeout as delay } from 'node:timers/promises';

import type { CheckoutContext } from '../checkout-context.ts';
import { isTaskerError, type Tasker } from '../tasker.ts';

/** How many customers wait at the door, at most, while no engine takes their checkouts; further ones go away. */
const mostWaiting = 1000;
const tryAgainMs = 200;

export interface OpenLoopOptions {
  readonly ratePerSecond: number;
  readonly contexts: Iterator<CheckoutContext>;
  /** Customers stop coming; those at the door are waited for, as long as `leave` is not aborted. */
  readonly stop: AbortSignal;
  readonly leave: AbortSignal;
  readonly nowMs?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

export interface OpenLoopCounts {
  /** Accepted: on disk. */
  accepted: number;
  /** Sent and not accepted yet. */
  waiting: number;
  /** Not sent, because too many waited. */
  turnedAway: number;
}

/**
 * Sends checkouts at a steady pace, however the earlier ones fare: customers do not wait for each other, so a service
 * that hangs must not quieten the traffic that shows it.
 */
export async function sendSteadily(
  tasker: Pick<Tasker, 'run'>,
  counts: OpenLoopCounts,
  { ratePerSecond, contexts, stop, leave, nowMs = () => performance.now(), sleep = delay }: OpenLoopOptions,
): Promise<void> {
  const beganMs = nowMs();
  const sending = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for (let number = 1; !stop.aborted && failures.length === 0; number += 1) {
    const dueMs = beganMs + (number * 1000) / ratePerSecond;
    const context = contexts.next().value as CheckoutContext;
    for (let leftMs = dueMs - nowMs(); leftMs > 0 && !stop.aborted; leftMs = dueMs - nowMs()) {
      await sleep(Math.min(leftMs, 100));
    }
    if (stop.aborted) break;
    if (counts.waiting >= mostWaiting) {
      counts.turnedAway += 1;
      continue;
    }
    counts.waiting += 1;
    const sent = deliver(tasker, context, counts, { leave, sleep })
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        counts.waiting -= 1;
        sending.delete(sent);
      });
    sending.add(sent);
  }
  await Promise.all(sending);
  if (failures.length > 0) throw failures[0];
}

/** Sends one until an engine has it; the cart is its key, so that what was taken unnoticed is not taken twice. */
async function deliver(
  tasker: Pick<Tasker, 'run'>,
  context: CheckoutContext,
  counts: OpenLoopCounts,
  { leave, sleep }: { leave: AbortSignal; sleep: (ms: number) => Promise<unknown> },
): Promise<void> {
  while (!leave.aborted) {
    try {
      await tasker.run({
        namespace: 'ecommerce',
        name: 'monitored_checkout',
        context,
        idempotencyKey: context.cart_id,
        initiator: 'traffic',
        source_system: 'storefront',
      });
      counts.accepted += 1;
      return;
    } catch (error) {
      const isAway =
        isTaskerError(error, 'TASKER_ENGINE_NOT_RUNNING') || isTaskerError(error, 'TASKER_COMMAND_NOT_APPLIED');
      if (!isAway) throw error;
    }
    await sleep(tryAgainMs);
  }
}
