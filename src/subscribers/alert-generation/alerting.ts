import type { LoggedEvent } from '../../events/envelope.ts';
import type { PayloadOf } from '../../events/catalog.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { MetricFamily } from '../../signals/metric.ts';
import { type MonitoredTask, MonitoredTasks } from '../metrics/monitored-tasks.ts';
import type { AlertsView } from './alerts-in.ts';
import { findingOf, type Judging } from './conditions/conditions.ts';
import { CustomerGroups } from './evidence/customer-groups.ts';
import type { Place } from './conditions/finding.ts';
import type { Incident } from './incidents/incident.ts';
import { IncidentBook } from './incidents/incident-book.ts';
import { IncidentDesk } from './incidents/incident-desk.ts';
import { IncidentTeller, type AlertFact } from './incidents/incident-teller.ts';
import type { MaintenanceWindow } from './policies/maintenance.ts';
import { PendingConditions } from './conditions/pending-conditions.ts';
import type { PolicyInput, PolicyKindName } from './policies/policies.ts';
import { readEvent, type Reading } from './evidence/read-event.ts';
import { parameter, type Policy, type PolicySet, resolvePolicies } from './policies/resolve-policies.ts';
import { Silences } from './policies/silences.ts';
import type { Seen } from './evidence/step-watch.ts';
import type { Troubled } from './evidence/trouble.ts';
import { type TaskWatch, Watches } from './evidence/watches.ts';
import { isOver } from './incidents/whether-over.ts';
import type { Worth } from './evidence/worth.ts';

export interface AlertingOptions {
  readonly tasks: readonly MonitoredTask[];
  /** Of the configuration; those of templates are with their tasks. */
  readonly policies: readonly PolicyInput[];
  readonly environment: string;
  /** Context fields by which is told whom an incident hits. */
  readonly scopeFields: readonly string[];
  readonly maintenance: readonly MaintenanceWindow[];
  readonly runbookBaseUrl: string | null;
  readonly consoleBaseUrl: string | null;
  readonly defaultCurrency: string;
  readonly errorClasses: Readonly<Record<string, readonly string[]>>;
}

/** Nobody was there, if an engine starts so long after the last word of one. */
const awayMs = 60_000;

/** Looked at as time goes by, for every kind of task: nothing tells of what does not happen. */
const ofAbsence: readonly PolicyKindName[] = ['no_traffic', 'no_success', 'conversion_drop', 'revenue_at_risk'];

/**
 * Makes incidents of recorded events. Pure: by event time alone, and by `tick` where nothing happens; what is to be
 * recorded is handed out by `drain`, and belongs into one transaction with `encode`.
 *
 * Until the first tick nothing is said: what was over before anybody watched is no news.
 */
export class Alerting implements Reading {
  readonly #options: AlertingOptions;
  readonly #tasks: MonitoredTasks;
  readonly #policies: PolicySet;
  readonly #watches: Watches;
  readonly #book: IncidentBook;
  readonly #silences: Silences;
  readonly #pending = new PendingConditions();
  readonly #teller: IncidentTeller;
  readonly #desk: IncidentDesk;
  /** Conditions of open incidents of which there is news since the last tick. */
  readonly #renewed = new Map<string, { readonly policy: Policy; readonly place: Place }>();
  #isWatching = false;
  #isAsked = false;
  #nowMs = 0;

  constructor(options: AlertingOptions) {
    this.#options = options;
    this.#tasks = new MonitoredTasks(options.tasks);
    this.#policies = resolvePolicies(options.policies, options.tasks);
    this.#watches = new Watches(new CustomerGroups(options.scopeFields));
    this.#book = new IncidentBook(options.environment);
    this.#silences = new Silences(options.maintenance);
    this.#teller = new IncidentTeller(options, this.#watches, this.#policies, this.#silences);
    this.#desk = new IncidentDesk(this.#watches, this.#policies, this.#book, this.#teller);
  }

  take(event: LoggedEvent): void {
    // An engine that is killed again and again takes no time from anybody; one that was away for long does.
    if (event.name === 'worker.started' && event.occurredAt - this.#nowMs > awayMs)
      for (const { outcomes } of this.#watches.tasks.values()) outcomes.watchedFrom(event.occurredAt);
    this.#nowMs = Math.max(this.#nowMs, event.occurredAt);
    this.#isAsked ||= event.name === 'alert.acknowledged' || event.name === 'alert.silenced';
    if (event.name === 'alert.acknowledged')
      return this.#acknowledged(event.payload as PayloadOf<'alert.acknowledged'>, event.occurredAt);
    if (event.name === 'alert.silenced') return this.#silences.take(event.payload as PayloadOf<'alert.silenced'>);
    const { defaultCurrency, errorClasses } = this.#options;
    readEvent(event, {
      tasks: this.#tasks,
      watches: this.#watches,
      policies: this.#policies,
      defaultCurrency,
      errorClasses,
      reading: this,
    });
  }

  /**
   * Only while the log is read to its end: otherwise what seems absent may merely not have been read. False: nothing has
   * changed that is to be saved; an idle process must not write its state for ever.
   */
  tick(nowMs: number): boolean {
    this.#nowMs = nowMs;
    const isFirst = !this.#isWatching;
    const before = this.#pending.all.length + this.#book.open.size;
    const judging = this.#judging(nowMs);
    this.#lookAtAbsence(nowMs);
    for (const { policy, place } of this.#pending.all) this.#judge(policy, place, judging);
    for (const { policy, place } of this.#renewed.values()) this.#judge(policy, place, judging);
    this.#renewed.clear();
    for (const incident of this.#book.open.values()) {
      this.#desk.lookAtMoney(incident);
      if (isOver(incident, this.#teller.policiesOf(incident), judging)) this.#close(incident, nowMs);
    }
    const isForgotten = this.#silences.forget(nowMs);
    if (!this.#isWatching) {
      this.#isWatching = true;
      this.#teller.speak();
    }
    for (const incident of this.#book.open.values()) this.#teller.tell(incident, nowMs);
    const settled = this.#book.closed.filter((incident) => this.#teller.tellSettled(incident, nowMs));
    return (
      isFirst || isForgotten || settled.length > 0 || before > 0 || this.#pending.all.length + this.#book.open.size > 0
    );
  }

  /** An operator has asked for something since, and looks for it where it is saved. */
  takeAsked(): boolean {
    const isAsked = this.#isAsked;
    this.#isAsked = false;
    return isAsked;
  }

  /** What is to be recorded of what was taken since. */
  drain(): readonly AlertFact[] {
    return this.#teller.drain();
  }

  // Reading: what events mean.

  seen(task: TaskWatch, step: string, attempt: Seen): void {
    this.#desk.seen(task, step, attempt);
  }

  troubled(taskId: string, troubled: Troubled, step: string): void {
    this.#desk.troubled(taskId, troubled, step);
  }

  ended(taskId: string, troubled: Troubled | undefined, fate: 'well' | 'lost', worth: Worth | null): void {
    this.#book.ended(taskId, troubled, fate, worth);
  }

  look(kind: PolicyKindName, place: Place, event: LoggedEvent): void {
    const judging = this.#judging(event.occurredAt);
    const open = this.#book.at(place);
    for (const policy of this.#policies.of(kind, place.namespace, place.task, place.step)) {
      // What is known to hold is looked at anew once a second: under a storm, thousands of times as often would be asked.
      if (open?.state.speaking.some((one) => one.policy === policy.name && one.holds) === true)
        this.#renew(policy, place);
      else this.#judge(policy, place, judging, 'behind');
    }
  }

  /** What there is to be seen of the incidents that are open, as metrics. */
  families(): readonly MetricFamily[] {
    return this.#teller.families(this.#book.open.values());
  }

  encode(): JsonValue {
    return {
      // For whoever looks, in whichever process: the rest means nothing without the configuration.
      view: this.#view() as unknown as JsonValue,
      watches: this.#watches.encode(),
      book: this.#book.encode(),
      silences: this.#silences.encode(),
      pending: this.#pending.encode(),
      renewed: [...this.#renewed.values()].map(({ policy, place }) => [policy.name, { ...place }]),
      watching: this.#isWatching,
      counts: this.#teller.encode(),
      now: this.#nowMs,
    };
  }

  restore(stored: JsonValue): void {
    const { watches, book, silences, pending, renewed, watching, counts, now } = stored as Record<string, JsonValue>;
    this.#nowMs = typeof now === 'number' ? now : 0;
    const sameFields = this.#watches.restore(watches ?? null);
    this.#book.restore(book ?? null, sameFields);
    this.#silences.restore(silences ?? null);
    const find = (name: string, { namespace, task }: Place): Policy | undefined =>
      this.#policies.named(name, namespace, task);
    this.#pending.restore(pending ?? null, find);
    // States of earlier releases have none.
    for (const [name, place] of (renewed ?? []) as unknown as [string, Place][]) {
      const policy = find(name, place);
      if (policy !== undefined) this.#renew(policy, place);
    }
    this.#teller.restore(counts ?? null);
    this.#isWatching = watching === true;
    if (this.#isWatching) this.#teller.speak();
  }

  #view(): AlertsView {
    return {
      incidents: [...this.#book.open.values(), ...this.#book.closed].map((incident) => {
        const { acknowledged, resolvedAtMs, silenced } = incident.state;
        return {
          incident: this.#teller.snapshot(incident, resolvedAtMs ?? this.#nowMs),
          state: resolvedAtMs !== null ? 'resolved' : acknowledged === null ? 'firing' : 'acknowledged',
          silenced,
          acknowledged,
          resolvedAtMs,
        };
      }),
      pending: this.#pending.waiting.map(({ policy, place, sinceMs }) => ({
        policy: policy.name,
        ...place,
        sinceMs,
        firesAtMs: sinceMs + waitMsOf(policy),
      })),
      silences: this.#silences.all,
    };
  }

  #judging(nowMs: number): Judging {
    return { watches: this.#watches, policies: this.#policies, nowMs };
  }

  /** `behind`: there may be more to read, so that nobody knows yet whether it has held all the time. */
  #judge(policy: Policy, place: Place, judging: Judging, read: 'behind' | 'to its end' = 'to its end'): void {
    const found = findingOf(policy, place, judging);
    if (found === null) return this.#pending.end(policy, place);
    const waitMs = waitMsOf(policy);
    if (waitMs > 0 && read === 'behind') return this.#pending.begin(policy, place, judging.nowMs);
    if (!this.#pending.hasHeldFor(waitMs, policy, place, judging.nowMs)) return;
    this.#desk.report(found, judging.nowMs);
  }

  #renew(policy: Policy, place: Place): void {
    this.#renewed.set(`${policy.name} ${JSON.stringify(place)}`, { policy, place });
  }

  #lookAtAbsence(nowMs: number): void {
    const judging = this.#judging(nowMs);
    const everything: Place = { namespace: null, task: null, step: null, about: null };
    const withTraffic = [...this.#watches.tasks.values()];
    // Where only one kind of task is started, it has a name.
    if (withTraffic.length > 1)
      for (const policy of this.#policies.of('no_traffic', null, null, null)) this.#judge(policy, everything, judging);
    const isAllSilent = this.#book.at(everything) !== undefined;
    for (const { namespace, task } of withTraffic) {
      for (const kind of ofAbsence) {
        if (kind === 'no_traffic' && isAllSilent) continue;
        for (const policy of this.#policies.of(kind, namespace, task, null))
          this.#judge(policy, { namespace, task, step: null, about: null }, judging);
      }
      for (const [step, watch] of this.#watches.task(namespace, task).steps) {
        if (watch.silent === 0) continue;
        for (const policy of this.#policies.of('step_stalled', namespace, task, step))
          this.#judge(policy, { namespace, task, step, about: null }, judging);
      }
    }
  }

  #close(incident: Incident, nowMs: number): void {
    const { namespace, task, step } = incident.state.place;
    this.#book.close(incident, nowMs);
    // When all are started again, each has its time to come: it was silent with the others.
    if (task === null && incident.state.cause === 'silence')
      for (const { traffic } of this.#watches.tasks.values()) traffic.watchedFrom(nowMs);
    if (namespace !== null && task !== null) {
      const watch = this.#watches.task(namespace, task);
      watch.outcomes.startOver(nowMs);
      if (step !== null) watch.step(step).startOver(nowMs);
    }
    this.#teller.tellOver(incident, nowMs);
    if (!this.#isWatching) this.#book.forget(incident);
  }

  #acknowledged({ incident: key, by, why }: PayloadOf<'alert.acknowledged'>, atMs: number): void {
    const incident = this.#book.open.get(key);
    if (incident === undefined || incident.state.acknowledged !== null) return;
    incident.state.acknowledged = { by, why, atMs };
    this.#teller.countAcknowledged(incident);
  }
}

function waitMsOf(policy: Policy): number {
  return parameter(policy, 'for_seconds') * 1000;
}
