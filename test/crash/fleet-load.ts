import { setTimeout } from 'node:timers/promises';

import { checkoutContexts } from '../../examples/monitored-checkout/traffic.ts';
import { declinedToken } from '../../examples/monitored-checkout/services/payments.ts';
import type { JsonObject, Tasker } from '../../src/index.ts';
import { errorTable, isTaskerError } from '../../src/shared/errors.ts';

export interface Ordered {
  readonly key: string;
  /** How it must end, which its context alone decides. */
  readonly status: 'complete' | 'error';
}

const pauseMs = 100;

/** A shop that orders checkouts of a fleet at a steady rate and asks again until each is taken. */
export class FleetLoad {
  /** While true, no bank accepts a card: each payment is declined. */
  declining = false;
  readonly ordered: Ordered[] = [];
  readonly #client: Tasker;
  readonly #contexts: ReturnType<typeof checkoutContexts>;
  readonly #everyMs: number;
  readonly #underWay = new Set<Promise<void>>();
  readonly #going: Promise<void>;
  #taken = 0;
  #stopped = false;
  #refusal: unknown = null;

  constructor(client: Tasker, seed: number, everyMs: number) {
    this.#client = client;
    this.#contexts = checkoutContexts(seed);
    this.#everyMs = everyMs;
    this.#going = this.#go();
  }

  /** So many were accepted. @throws what one was refused with for good. */
  get taken(): number {
    if (this.#refusal !== null) throw this.#refusal;
    return this.#taken;
  }

  /** Resolves when all that were ordered are accepted. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#going;
    await Promise.all(this.#underWay);
    if (this.#refusal !== null) throw this.#refusal;
  }

  /** Without waiting for anything. */
  end(): void {
    this.#stopped = true;
    this.#refusal ??= new Error('the load was ended');
  }

  async #go(): Promise<void> {
    while (!this.#stopped) {
      const order = this.#order(this.ordered.length).finally(() => this.#underWay.delete(order));
      this.#underWay.add(order);
      await setTimeout(this.#everyMs);
    }
  }

  async #order(number: number): Promise<void> {
    const checkout = this.#contexts.next().value;
    const context = this.declining
      ? { ...checkout, payment_method: 'card', payment_token: declinedToken }
      : { ...checkout };
    const total = context.items.reduce((sum, item) => sum + item.quantity * item.unit_price, 0);
    const isGood = total === context.order_value && context.payment_token !== declinedToken;
    const key = `checkout-${number}`;
    this.ordered.push({ key, status: isGood ? 'complete' : 'error' });
    await this.#run({ ...context, items: context.items.map((item) => ({ ...item })) }, key);
  }

  async #run(context: JsonObject, idempotencyKey: string): Promise<void> {
    const request = { namespace: 'ecommerce', name: 'monitored_checkout', context, idempotencyKey };
    for (let commandId: string | undefined; this.#refusal === null;) {
      try {
        await this.#client.run(request, commandId === undefined ? {} : { commandId });
        this.#taken += 1;
        return;
      } catch (error) {
        if (!isTaskerError(error) || !errorTable[error.code].retryable) {
          this.#refusal ??= error;
          return;
        }
        const kept = error.code === 'TASKER_COMMAND_NOT_APPLIED' ? error.details?.['commandId'] : commandId;
        commandId = typeof kept === 'string' ? kept : undefined;
        await setTimeout(pauseMs);
      }
    }
  }
}
