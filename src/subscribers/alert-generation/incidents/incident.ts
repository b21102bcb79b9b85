import type { JsonValue } from '../../../shared/json.ts';
import type { AlertError, AlertIncident, AlertScope, AlertSeverity } from '../../../signals/alert.ts';
import type { CustomerGroups } from '../evidence/customer-groups.ts';
import type { Finding, Place } from '../conditions/finding.ts';
import { Recovery } from './recovery.ts';
import type { Seen } from '../evidence/step-watch.ts';
import type { Troubled } from '../evidence/trouble.ts';
import type { Worth } from '../evidence/worth.ts';

/** A policy that speaks for an incident. */
export interface Speaking {
  readonly policy: string;
  /** The condition still holds. */
  holds: boolean;
  detail: string;
}

const trendSliceMs = 30_000;
const mostGroups = 200;

/** Everything about an incident that is kept, as JSON. */
export interface IncidentState {
  readonly key: string;
  readonly openedAtMs: number;
  place: Place;
  cause: string;
  /** Whether the policy that speaks for it tells a cause; left out by what was stored before this was. */
  tells?: 'cause' | 'consequence';
  sinceMs: number;
  severity: AlertSeverity;
  scope: readonly AlertScope[];
  firstError: AlertError | null;
  exampleTask: string | null;
  exampleTrace: string | null;
  tasksHit: number;
  /** Of what was seen at its beginning. */
  share: number;
  speaking: Speaking[];
  acknowledged: { readonly by: string; readonly why: string; readonly atMs: number } | null;
  silenced: boolean;
  resolvedAtMs: number | null;
  /** As it was last told; null: it was not told yet. */
  told: {
    readonly severity: AlertSeverity;
    readonly scope: string;
    readonly what: string;
    readonly figures: readonly number[];
    readonly atMs: number;
    /** When anything but figures was told; left out by what was stored before this was. */
    readonly newsAtMs?: number;
  } | null;
}

/**
 * Something that is wrong at one place, whatever shows it: open from the first policy that fires to the last cause that
 * has ended. What it has hit is counted as it goes: a task once, with its money while it is open, and as lost if it is.
 */
export class Incident {
  readonly state: IncidentState;
  readonly atRisk = new Map<string, number>();
  readonly lost = new Map<string, number>();
  readonly recovery = new Recovery();
  /** Tasks hit, by group of customers. */
  readonly #groups = new Map<number, number>();
  /** Tasks hit, by half minutes. */
  readonly #hits = new Map<number, number>();

  constructor(state: IncidentState) {
    this.state = state;
  }

  static of(key: string, finding: Finding, atMs: number): Incident {
    return new Incident({
      key,
      openedAtMs: atMs,
      place: finding.place,
      cause: finding.cause,
      tells: finding.policy.tells,
      sinceMs: finding.sinceMs,
      severity: 'info',
      scope: finding.scope,
      firstError: finding.firstError,
      exampleTask: null,
      exampleTrace: null,
      tasksHit: 0,
      share: finding.share,
      speaking: [],
      acknowledged: null,
      silenced: false,
      resolvedAtMs: null,
      told: null,
    });
  }

  /** A task that is in trouble is one of its own. */
  count(taskId: string, troubled: Troubled, atMs: number): void {
    const { state } = this;
    troubled.incident = state.key;
    state.tasksHit += 1;
    state.exampleTask ??= taskId;
    state.exampleTrace ??= troubled.traceId === '' ? null : troubled.traceId;
    if (troubled.worth !== null) add(this.atRisk, troubled.worth, 1);
    if (this.#groups.has(troubled.group) || this.#groups.size < mostGroups)
      this.#groups.set(troubled.group, (this.#groups.get(troubled.group) ?? 0) + 1);
    const slice = Math.floor(atMs / trendSliceMs);
    if (!this.#hits.has(slice)) for (const old of this.#hits.keys()) if (old < slice - 4) this.#hits.delete(old);
    this.#hits.set(slice, (this.#hits.get(slice) ?? 0) + 1);
  }

  /** A task of its own that has ended already. */
  countEnded(taskId: string, lost: Worth | null): void {
    this.state.tasksHit += 1;
    this.state.exampleTask ??= taskId;
    if (lost !== null) add(this.lost, lost, 1);
  }

  /** It came back into trouble after it had ended. */
  countAgain(troubled: Troubled): void {
    troubled.incident = this.state.key;
    if (troubled.worth !== null) add(this.atRisk, troubled.worth, 1);
  }

  /** A task of its own is open no longer. */
  ended(worth: Worth | null, fate: 'well' | 'lost'): void {
    if (worth === null) return;
    add(this.atRisk, worth, -1);
    if (fate === 'lost') add(this.lost, worth, 1);
  }

  /** What was counted lost has completed after all. */
  regained(worth: Worth): void {
    add(this.lost, worth, -1);
  }

  /** `usual`: the share of attempts that are wrong in one of the ways of `mask` without trouble. */
  seen({ beganMs, group, what }: Seen, mask: number, usual: number, groups: CustomerGroups): void {
    if (this.covers(group, groups)) this.recovery.seen(beganMs, (what & mask) !== 0, usual);
  }

  /** Whether it hits these customers, as far as can be told. */
  covers(group: number, groups: CustomerGroups): boolean {
    const values = groups.values(group);
    return this.state.scope.every(({ field, values: hit }) => hit.includes(values[groups.fields.indexOf(field)] ?? ''));
  }

  /** More hit in the last minute than in the one before, or fewer. */
  trend(nowMs: number): AlertIncident['trend'] {
    const slice = Math.floor(nowMs / trendSliceMs);
    const of = (...slices: number[]): number => slices.reduce((sum, one) => sum + (this.#hits.get(one) ?? 0), 0);
    const [now, before] = [of(slice, slice - 1), of(slice - 2, slice - 3)];
    if (now > before * 1.5) return 'growing';
    return now < before / 1.5 ? 'falling' : 'steady';
  }

  /** Tasks hit by each value of each field; the most frequent ones. */
  hitBy(groups: CustomerGroups): AlertIncident['hitBy'] {
    const byField: Record<string, Record<string, number>> = {};
    for (const [field, name] of groups.fields.entries()) {
      const counts = new Map<string, number>();
      for (const [group, count] of this.#groups) {
        const value = groups.values(group)[field] ?? '';
        if (value !== '') counts.set(value, (counts.get(value) ?? 0) + count);
      }
      if (counts.size > 0)
        byField[name] = Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a).slice(0, 10));
    }
    return byField;
  }

  encode(): JsonValue {
    return {
      state: this.state as unknown as JsonValue,
      atRisk: Object.fromEntries(this.atRisk),
      lost: Object.fromEntries(this.lost),
      recovery: this.recovery.encode(),
      groups: [...this.#groups].map(([group, count]) => [group, count]),
      hits: [...this.#hits].map(([slice, count]) => [slice, count]),
    };
  }

  static restored(stored: JsonValue, sameFields: boolean): Incident {
    const { state, atRisk, lost, recovery, groups, hits } = stored as unknown as {
      state: IncidentState;
      atRisk: Record<string, number>;
      lost: Record<string, number>;
      recovery: JsonValue;
      groups: [number, number][];
      hits: [number, number][];
    };
    const incident = new Incident(state);
    for (const [currency, amount] of Object.entries(atRisk)) incident.atRisk.set(currency, amount);
    for (const [currency, amount] of Object.entries(lost)) incident.lost.set(currency, amount);
    incident.recovery.restore(recovery);
    if (sameFields) for (const [group, count] of groups) incident.#groups.set(group, count);
    for (const [slice, count] of hits) incident.#hits.set(slice, count);
    return incident;
  }
}

function add(money: Map<string, number>, { currency, amount }: Worth, sign: 1 | -1): void {
  const sum = (money.get(currency) ?? 0) + sign * amount;
  if (sum === 0) money.delete(currency);
  else money.set(currency, sum);
}
