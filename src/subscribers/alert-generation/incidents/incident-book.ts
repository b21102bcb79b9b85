import type { JsonValue } from '../../../shared/json.ts';
import type { Finding, Place } from '../conditions/finding.ts';
import { Incident } from './incident.ts';
import type { Troubled } from '../evidence/trouble.ts';
import type { Worth } from '../evidence/worth.ts';

/** Consequences that come so soon after an incident are still its own. */
const aftermathMs = 120_000;
const keptClosed = 100;
/** Work that ended, where the others are late or a sum. */
const failures: ReadonlySet<string> = new Set(['retries_exhausted', 'task_failed', 'high_value_failure']);
/** Tasks counted lost that may come back. */
const mostLost = 20_000;

/** How it stands with a task that is in trouble. */
type HitBy = (task: string) => Troubled | undefined;

/** Incidents, open and lately closed: which one a finding belongs to, and which a task is counted in. */
export class IncidentBook {
  readonly #environment: string;
  readonly open = new Map<string, Incident>();
  #closed: Incident[] = [];
  readonly #lost = new Map<string, { readonly key: string; readonly worth: Worth }>();

  constructor(environment: string) {
    this.#environment = environment;
  }

  /** Newest first. */
  get closed(): readonly Incident[] {
    return this.#closed;
  }

  find(key: string): Incident | undefined {
    return this.open.get(key) ?? this.#closed.find(({ state }) => state.key === key);
  }

  /** Of this very step or (step null) of the task as a whole. */
  at({ namespace, task, step, about }: Place): Incident | undefined {
    for (const incident of this.open.values()) {
      const { place } = incident.state;
      if (place.namespace === namespace && place.task === task && place.step === step && place.about === about)
        return incident;
    }
    return undefined;
  }

  /**
   * The open incident that a finding joins: of its step; for a consequence, the one that has hit its tasks, or that of
   * any step if it names none; for a cause, one that only consequences have opened and that nobody could name a step of.
   */
  joinedBy({ policy: { tells, kind }, place, tasks }: Finding, hitBy: HitBy): Incident | undefined {
    const own = this.at(place);
    if (own !== undefined || place.task === null) return own;
    const ofTask = [...this.open.values()].filter(
      ({ state }) => state.place.namespace === place.namespace && state.place.task === place.task,
    );
    if (tells === 'cause') {
      if (place.step === null) return undefined;
      // While one step stands still or fails, the others are crowded: that is no trouble of their own. A single task that
      // has failed there crowds nobody.
      const isGraver = ({ state }: Incident): boolean => state.cause !== 'slow' && state.tells !== 'consequence';
      const graver = kind === 'step_slow' ? ofTask.find(isGraver) : undefined;
      if (graver !== undefined) return graver;
      return ofTask.find(({ state }) => state.place.step === null && state.cause !== 'silence');
    }
    const hit = new Set(tasks.map((task) => this.#of(task, hitBy)));
    const bySize = (a: Incident, b: Incident): number => b.state.tasksHit - a.state.tasksHit;
    return ofTask.filter(({ state }) => place.step === null || hit.has(state.key)).toSorted(bySize)[0];
  }

  /** What follows from an incident that is just over is no new one; that another step fails does not follow from it. */
  isAftermath({ policy: { kind }, place, tasks }: Finding, nowMs: number, hitBy: HitBy): boolean {
    const { namespace, task, step } = place;
    const closed = this.#closed.filter(({ state }) => state.place.namespace === namespace && state.place.task === task);
    const mayBeOf = (other: string | null): boolean => !failures.has(kind) || [null, step].includes(other);
    const isLate = ({ state }: Incident): boolean => nowMs - (state.resolvedAtMs ?? 0) < aftermathMs;
    if (closed.some((incident) => isLate(incident) && mayBeOf(incident.state.place.step))) return true;
    const keys = new Set(closed.map(({ state }) => state.key));
    return tasks.length > 0 && tasks.every((one) => keys.has(this.#of(one, hitBy) ?? ''));
  }

  openFor(finding: Finding, atMs: number): Incident {
    const { place } = finding;
    const where = place.about ?? `${place.namespace ?? '-'}.${place.task ?? '-'}/${place.step ?? '-'}`;
    const key = `${this.#environment}/${where}/${finding.cause}/${atMs.toString(36)}`;
    const incident = Incident.of(key, finding, atMs);
    this.open.set(key, incident);
    return incident;
  }

  close(incident: Incident, atMs: number): void {
    incident.state.resolvedAtMs = atMs;
    this.open.delete(incident.state.key);
    this.#closed = [incident, ...this.#closed].slice(0, keptClosed);
  }

  /** As if it had never been. */
  forget(incident: Incident): void {
    this.open.delete(incident.state.key);
    this.#closed = this.#closed.filter((one) => one !== incident);
  }

  ended(taskId: string, troubled: Troubled | undefined, fate: 'well' | 'lost', worth: Worth | null): void {
    const before = this.#lost.get(taskId);
    if (fate === 'well' && before !== undefined) {
      this.find(before.key)?.regained(before.worth);
      this.#lost.delete(taskId);
    }
    if (troubled === undefined || troubled.incident === null) return;
    const incident = this.find(troubled.incident);
    // Lost once, and again only after it was regained.
    incident?.ended(troubled.worth, fate === 'lost' && before === undefined ? 'lost' : 'well');
    if (fate !== 'lost' || before !== undefined || worth === null) return;
    this.#noteLost(taskId, troubled.incident, worth);
  }

  /** A task that was hit before anybody knew that it was an incident, and has ended since. */
  countEnded(incident: Incident, taskId: string, lost: Worth | null): void {
    if (this.#lost.has(taskId)) return;
    incident.countEnded(taskId, lost);
    if (lost !== null) this.#noteLost(taskId, incident.state.key, lost);
  }

  /** The incident that a task was lost in. */
  lostIn(taskId: string): Incident | undefined {
    const lost = this.#lost.get(taskId);
    return lost === undefined ? undefined : this.find(lost.key);
  }

  #noteLost(taskId: string, key: string, worth: Worth): void {
    this.#lost.set(taskId, { key, worth });
    const [oldest] = this.#lost.keys();
    if (this.#lost.size > mostLost && oldest !== undefined) this.#lost.delete(oldest);
  }

  #of(task: string, hitBy: HitBy): string | undefined {
    return hitBy(task)?.incident ?? this.#lost.get(task)?.key;
  }

  encode(): JsonValue {
    return {
      open: [...this.open.values()].map((incident) => incident.encode()),
      closed: this.#closed.map((incident) => incident.encode()),
      lost: [...this.#lost].map(([task, { key, worth }]) => [task, key, worth.currency, worth.amount]),
    };
  }

  restore(stored: JsonValue, sameFields: boolean): void {
    const { open, closed, lost } = stored as {
      open: JsonValue[];
      closed: JsonValue[];
      lost: [string, string, string, number][];
    };
    for (const one of open) {
      const incident = Incident.restored(one, sameFields);
      this.open.set(incident.state.key, incident);
    }
    this.#closed = closed.map((one) => Incident.restored(one, sameFields));
    for (const [task, key, currency, amount] of lost) this.#lost.set(task, { key, worth: { currency, amount } });
  }
}
