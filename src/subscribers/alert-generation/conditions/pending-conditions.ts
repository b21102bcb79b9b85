import type { JsonValue } from '../../../shared/json.ts';
import type { Place } from './finding.ts';
import type { Policy } from '../policies/resolve-policies.ts';

interface Pending {
  readonly policy: Policy;
  readonly place: Place;
  readonly sinceMs: number;
}

/** Conditions that hold and have not held for as long as their policies ask. */
export class PendingConditions {
  readonly #pending = new Map<string, Pending>();

  get all(): readonly Pending[] {
    return [...this.#pending.values()];
  }

  /** Since when it has held without a break, as far as it was looked at. */
  since(policy: Policy, place: Place, nowMs: number): number {
    const key = keyOf(policy.name, place);
    const known = this.#pending.get(key);
    if (known !== undefined) return known.sinceMs;
    this.#pending.set(key, { policy, place, sinceMs: nowMs });
    return nowMs;
  }

  end(policy: Policy, place: Place): void {
    if (this.#pending.size > 0) this.#pending.delete(keyOf(policy.name, place));
  }

  encode(): JsonValue {
    return this.all.map(({ policy, place, sinceMs }) => [policy.name, { ...place }, sinceMs]);
  }

  restore(stored: JsonValue, find: (name: string, place: Place) => Policy | undefined): void {
    for (const [name, place, sinceMs] of stored as unknown as [string, Place, number][]) {
      const policy = find(name, place);
      if (policy !== undefined) this.#pending.set(keyOf(name, place), { policy, place, sinceMs });
    }
  }
}

function keyOf(name: string, { namespace, task, step, about }: Place): string {
  return JSON.stringify([name, namespace, task, step, about]);
}
