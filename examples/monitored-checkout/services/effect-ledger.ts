import type { EffectCounts } from './service.ts';

/** One entry for each effect that was truly made. */
export class EffectLedger {
  readonly #byKey = new Map<string, number>();
  readonly #byCart = new Map<string, number>();
  #total = 0;

  record(key: string, cart: unknown): void {
    this.#total += 1;
    this.#byKey.set(key, (this.#byKey.get(key) ?? 0) + 1);
    if (typeof cart === 'string') this.#byCart.set(cart, (this.#byCart.get(cart) ?? 0) + 1);
  }

  counts(): EffectCounts {
    return {
      total: this.#total,
      keys: this.#byKey.size,
      maxPerKey: largest(this.#byKey),
      maxPerCart: largest(this.#byCart),
    };
  }
}

function largest(counts: ReadonlyMap<string, number>): number {
  let max = 0;
  for (const count of counts.values()) max = Math.max(max, count);
  return max;
}
