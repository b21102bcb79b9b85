import type { JsonValue } from '../../../shared/json.ts';
import type { Place } from './finding.ts';
import type { Policy } from '../policies/resolve-policies.ts';

interface Pending {
  readonly policy: Policy;
  readonly place: Place;
  readonly sinceMs: number;
  /** It has held for long enough: known until it ends, so that it does not begin to wait anew. */
  readonly isFiring: boolean;
}

/** Conditions whose policies ask that they hold for some time: pending → firing → gone when they end. */
export class PendingConditions {
  readonly #pending = new Map<string, Pending>();

  get all(): readonly Pending[] {
    return [...this.#pending.values()];
  }

  /** Those of which nobody is told yet; the longest first. */
  get waiting(): readonly Pending[] {
    return this.all.filter(({ isFiring }) => !isFiring);
  }

  /** It holds now, if it has not done so before. */
  begin(policy: Policy, place: Place, nowMs: number): void {
    const key = keyOf(policy.name, place);
    if (!this.#pending.has(key)) this.#pending.set(key, { policy, place, sinceMs: nowMs, isFiring: false });
  }

  /** It holds now: whether it has done so for `waitMs` without a break, as far as it was looked at. */
  hasHeldFor(waitMs: number, policy: Policy, place: Place, nowMs: number): boolean {
    if (waitMs === 0) {
      this.end(policy, place);
      return true;
    }
    const key = keyOf(policy.name, place);
    const sinceMs = this.#pending.get(key)?.sinceMs ?? nowMs;
    const isFiring = sinceMs <= nowMs - waitMs;
    this.#pending.set(key, { policy, place, sinceMs, isFiring });
    return isFiring;
  }

  end(policy: Policy, place: Place): void {
    if (this.#pending.size > 0) this.#pending.delete(keyOf(policy.name, place));
  }

  encode(): JsonValue {
    return this.all.map(({ policy, place, sinceMs, isFiring }) => [policy.name, { ...place }, sinceMs, isFiring]);
  }

  restore(stored: JsonValue, find: (name: string, place: Place) => Policy | undefined): void {
    for (const [name, place, sinceMs, isFiring = false] of stored as unknown as [string, Place, number, boolean?][]) {
      const policy = find(name, place);
      if (policy !== undefined) this.#pending.set(keyOf(name, place), { policy, place, sinceMs, isFiring });
    }
  }
}

function keyOf(name: string, { namespace, task, step, about }: Place): string {
  return JSON.stringify([name, namespace, task, step, about]);
}
