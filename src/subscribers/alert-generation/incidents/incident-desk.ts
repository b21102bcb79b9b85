import { failed, slow, stalled } from '../evidence/attempt-ring.ts';
import type { Finding, Place } from '../conditions/finding.ts';
import { isBeyondLimit } from '../conditions/wider-conditions.ts';
import type { Incident } from './incident.ts';
import type { IncidentBook } from './incident-book.ts';
import type { IncidentTeller } from './incident-teller.ts';
import type { PolicySet } from '../policies/resolve-policies.ts';
import { rulesOf } from '../evidence/step-rules.ts';
import type { Seen } from '../evidence/step-watch.ts';
import type { Troubled } from '../evidence/trouble.ts';
import type { TaskWatch, Watches } from '../evidence/watches.ts';
import type { Worth } from '../evidence/worth.ts';

/** Sees to it that what is found, seen and befallen is entered with the incident that it belongs to. */
export class IncidentDesk {
  readonly #watches: Watches;
  readonly #policies: PolicySet;
  readonly #book: IncidentBook;
  readonly #teller: IncidentTeller;

  constructor(watches: Watches, policies: PolicySet, book: IncidentBook, teller: IncidentTeller) {
    this.#watches = watches;
    this.#policies = policies;
    this.#book = book;
    this.#teller = teller;
  }

  troubled(taskId: string, troubled: Troubled, step: string): void {
    if (troubled.incident !== null) return;
    const before = this.#book.lostIn(taskId);
    if (before !== undefined) return before.countAgain(troubled);
    if (step === '') return;
    const watch = this.#watches.tasks.get(troubled.kind);
    if (watch === undefined) return;
    const { namespace, task } = watch;
    const incident = this.#book.at({ namespace, task, step, about: null });
    if (incident?.covers(troubled.group, this.#watches.groups) === true)
      incident.count(taskId, troubled, troubled.steps.get(step) ?? 0);
  }

  /** A policy's condition holds: it opens an incident, or joins the one that it belongs to. */
  report(found: Finding, nowMs: number): void {
    const hitBy = (task: string): Troubled | undefined => this.#watches.trouble.get(task);
    const joined = this.#book.joinedBy(found, hitBy);
    if (joined !== undefined && isOneOfMany(found, joined)) return;
    // What was held up comes all at once when it is over: that slows everything for a while.
    const mayFollow = found.policy.tells === 'consequence' || found.policy.kind === 'step_slow';
    if (joined === undefined && mayFollow && this.#book.isAftermath(found, nowMs, hitBy)) return;
    const incident = joined ?? this.#book.openFor(found, nowMs);
    this.#join(incident, found);
    this.#teller.tell(incident, nowMs);
  }

  #join(incident: Incident, found: Finding): void {
    const { state } = incident;
    const speaking = state.speaking.find(({ policy }) => policy === found.policy.name);
    if (speaking === undefined) state.speaking.push({ policy: found.policy.name, holds: true, detail: found.detail });
    else {
      speaking.holds = true;
      speaking.detail = found.detail;
    }
    // The most specific of them says what it is.
    if (this.#teller.leading(incident)?.name === found.policy.name) this.#describe(incident, found);
    if (speaking === undefined && found.policy.tells === 'cause') this.#remember(incident, found);
    this.#countAll(incident, found, speaking === undefined);
  }

  #describe({ state }: Incident, found: Finding): void {
    state.place = found.place;
    state.cause = found.cause;
    state.tells = found.policy.tells;
    state.sinceMs = Math.min(state.sinceMs, found.sinceMs);
    if (found.policy.tells === 'consequence') return;
    state.scope = found.scope;
    state.firstError ??= found.firstError;
    state.share = found.share;
  }

  /** What was seen before it was an incident tells how likely a good attempt is by chance. */
  #remember(incident: Incident, { place, sinceMs, policy }: Finding): void {
    if (place.namespace === null || place.task === null || place.step === null) return;
    // Another step that is slow beside it says nothing of how this one is.
    if (place.step !== incident.state.place.step) return;
    const { groups } = this.#watches;
    const mask = maskOf(incident);
    const attempts = this.#watches.task(place.namespace, place.task).step(place.step).ring.since(sinceMs);
    const seen = attempts
      .filter(({ group }) => incident.covers(group, groups))
      .map(({ beganMs, what }) => ({ beganMs, isHit: (what & mask) !== 0 }));
    const hung = attempts.filter(({ what }) => (what & stalled) !== 0).map(({ durationMs }) => durationMs);
    incident.recovery.begin(seen, policy.kind === 'step_stalled' ? Math.max(0, ...hung) : 0);
  }

  seen(task: TaskWatch, step: string, attempt: Seen): void {
    const incident = this.#book.at({ namespace: task.namespace, task: task.task, step, about: null });
    if (incident === undefined) return;
    const rules = rulesOf(this.#policies, task.namespace, task.task, step);
    const watch = task.step(step);
    const usual = watch.usual('failed', rules) + (incident.state.cause === 'slow' ? watch.usual('slow', rules) : 0);
    incident.seen(attempt, maskOf(incident), usual, this.#watches.groups);
  }

  /** Tasks that it has hit: those that are in trouble at its place since it began, and those that it has lost. */
  #countAll(incident: Incident, { place, sinceMs, tasks, policy }: Finding, isNew: boolean): void {
    const { trouble, groups } = this.#watches;
    for (const taskId of tasks) {
      const troubled = trouble.get(taskId);
      if (troubled === undefined) {
        if (isNew) this.#book.countEnded(incident, taskId, this.#lossOf(taskId, place));
      } else if (troubled.incident === null && incident.covers(troubled.group, groups)) {
        incident.count(taskId, troubled, Math.min(...troubled.steps.values()));
      }
    }
    if (policy.tells !== 'cause' || place.step === null) return;
    for (const [taskId, troubled] of trouble.uncounted(`${place.namespace}.${place.task}`)) {
      const atMs = troubled.steps.get(place.step);
      // Trouble shows some time after the attempt began that has it.
      if (atMs !== undefined && atMs >= sinceMs && incident.covers(troubled.group, groups))
        incident.count(taskId, troubled, atMs);
    }
  }

  #lossOf(taskId: string, { namespace, task, step }: Place): Worth | null {
    if (namespace === null || task === null) return null;
    return (
      this.#watches
        .task(namespace, task)
        .tasksWith('lost', step ?? '')
        .get(taskId)?.worth ?? null
    );
  }

  /** What an incident has hit may be worth so much that policies about money join it. */
  lookAtMoney(incident: Incident): void {
    const { namespace, task, step } = incident.state.place;
    if (namespace === null || task === null) return;
    const { typical } = this.#watches.task(namespace, task);
    // One that is about money alone has a share in whatever else comes into trouble.
    if (incident.state.cause === 'revenue_at_risk')
      for (const [taskId, troubled] of this.#watches.trouble.uncounted(`${namespace}.${task}`))
        incident.count(taskId, troubled, Math.min(...troubled.steps.values()));
    for (const kind of ['revenue_at_risk', 'revenue_lost'] as const) {
      const money = kind === 'revenue_lost' ? incident.lost : incident.atRisk;
      for (const policy of this.#policies.of(kind, namespace, task, step)) {
        if (incident.state.speaking.some((one) => one.policy === policy.name)) continue;
        if (isBeyondLimit(policy, money, typical))
          incident.state.speaking.push({ policy: policy.name, holds: false, detail: '' });
      }
    }
  }
}

/** Slowness is trouble only where that is what it is about: a few are always slow. */
function maskOf({ state }: Incident): number {
  return failed + stalled + (state.cause === 'slow' ? slow : 0);
}

/** A single silent attempt at a step where many are hit is one of theirs: it says neither what that is nor that it goes on. */
function isOneOfMany({ policy, share, place }: Finding, { state }: Incident): boolean {
  if (policy.kind !== 'step_stalled' || share > 0 || state.place.step !== place.step) return false;
  return state.share > 0 && state.cause !== 'slow';
}
