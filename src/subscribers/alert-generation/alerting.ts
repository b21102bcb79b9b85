import type { LoggedEvent } from '../../events/envelope.ts';
import type { PayloadOf } from '../../events/catalog.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { MetricFamily } from '../../signals/metric.ts';
import { type MonitoredTask, MonitoredTasks } from '../metrics/monitored-tasks.ts';
import { failed, slow, stalled } from './attempt-ring.ts';
import type { AlertsView } from './alerts-in.ts';
import { findingOf, type Judging } from './conditions.ts';
import { CustomerGroups } from './customer-groups.ts';
import type { Finding, Place } from './finding.ts';
import type { Incident } from './incident.ts';
import { IncidentBook } from './incident-book.ts';
import { IncidentTeller, type AlertFact } from './incident-teller.ts';
import type { MaintenanceWindow } from './maintenance.ts';
import { PendingConditions } from './pending-conditions.ts';
import type { PolicyInput, PolicyKindName } from './policies.ts';
import { readEvent, type Reading } from './read-event.ts';
import { parameter, type Policy, type PolicySet, resolvePolicies } from './resolve-policies.ts';
import { rulesOf } from './step-rules.ts';
import { Silences } from './silences.ts';
import type { Seen } from './step-watch.ts';
import type { Troubled } from './trouble.ts';
import { type TaskWatch, Watches } from './watches.ts';
import type { Worth } from './worth.ts';

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

/** Looked at as time goes by, for every kind of task: nothing tells of what does not happen. */
const ofAbsence: readonly PolicyKindName[] = ['no_traffic', 'no_success', 'conversion_drop', 'revenue_at_risk'];

/** Hysteresis: a single start is no traffic. */
const fewestStarts = 3;

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
  }

  take(event: LoggedEvent): void {
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

  /** Only while the log is read to its end: otherwise what seems absent may merely not have been read. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    const judging = this.#judging(nowMs);
    this.#lookAtAbsence(nowMs);
    for (const { policy, place } of this.#pending.all) this.#judge(policy, place, judging);
    for (const { policy, place } of this.#renewed.values()) this.#judge(policy, place, judging);
    this.#renewed.clear();
    for (const incident of this.#book.open.values()) {
      this.#lookAtMoney(incident);
      this.#lookWhetherOver(incident, judging);
    }
    this.#silences.forget(nowMs);
    if (!this.#isWatching) {
      this.#isWatching = true;
      this.#teller.speak();
    }
    for (const incident of this.#book.open.values()) this.#teller.tell(incident, nowMs);
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
    const incident = this.#book.at({ namespace: task.namespace, task: task.task, step, about: null });
    if (incident !== undefined) this.#seen(incident, task, step, [attempt]);
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

  ended(taskId: string, troubled: Troubled | undefined, fate: 'well' | 'lost', worth: Worth | null): void {
    this.#book.ended(taskId, troubled, fate, worth);
  }

  look(kind: PolicyKindName, place: Place, event: LoggedEvent): void {
    const judging = this.#judging(event.occurredAt);
    const open = this.#book.at(place);
    for (const policy of this.#policies.of(kind, place.namespace, place.task, place.step)) {
      // What is known to hold is looked at anew once a second: under a storm, thousands of times as often would be asked.
      if (open?.state.speaking.some((one) => one.policy === policy.name && one.holds) === true)
        this.#renewed.set(`${policy.name} ${JSON.stringify(place)}`, { policy, place });
      else this.#judge(policy, place, judging);
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
      watching: this.#isWatching,
      counts: this.#teller.encode(),
    };
  }

  restore(stored: JsonValue): void {
    const { watches, book, silences, pending, watching, counts } = stored as Record<string, JsonValue>;
    const sameFields = this.#watches.restore(watches ?? null);
    this.#book.restore(book ?? null, sameFields);
    this.#silences.restore(silences ?? null);
    this.#pending.restore(pending ?? null, (name, { namespace, task }) => this.#policies.named(name, namespace, task));
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
      pending: this.#pending.all.map(({ policy, place: { namespace, task, step }, sinceMs }) => ({
        policy: policy.name,
        namespace,
        task,
        step,
        sinceMs,
      })),
      silences: this.#silences.all,
    };
  }

  #judging(nowMs: number): Judging {
    return { watches: this.#watches, policies: this.#policies, nowMs };
  }

  #judge(policy: Policy, place: Place, judging: Judging): void {
    const found = findingOf(policy, place, judging);
    if (found === null) return this.#pending.end(policy, place);
    const waitMs = parameter(policy, 'for_seconds') * 1000;
    if (waitMs > 0 && this.#pending.since(policy, place, judging.nowMs) > judging.nowMs - waitMs) return;
    this.#pending.end(policy, place);
    this.#report(found, judging.nowMs);
  }

  #report(found: Finding, nowMs: number): void {
    const hitBy = (task: string): Troubled | undefined => this.#watches.trouble.get(task);
    const joined = this.#book.joinedBy(found, hitBy);
    if (joined === undefined && found.policy.tells === 'consequence' && this.#book.isAftermath(found, nowMs, hitBy))
      return;
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
    state.sinceMs = Math.min(state.sinceMs, found.sinceMs);
    if (found.policy.tells === 'consequence') return;
    state.scope = found.scope;
    state.firstError ??= found.firstError;
    state.share = found.share;
  }

  /** What was seen before it was an incident tells how likely a good attempt is by chance. */
  #remember(incident: Incident, { place, sinceMs }: Finding): void {
    if (place.namespace === null || place.task === null || place.step === null) return;
    const task = this.#watches.task(place.namespace, place.task);
    this.#seen(incident, task, place.step, task.step(place.step).ring.since(sinceMs));
  }

  /** Slowness is trouble only where that is what it is about: a few are always slow. */
  #seen(incident: Incident, task: TaskWatch, step: string, attempts: readonly Seen[]): void {
    const rules = rulesOf(this.#policies, task.namespace, task.task, step);
    const watch = task.step(step);
    const isSlowness = incident.state.cause === 'slow';
    const mask = failed + stalled + (isSlowness ? slow : 0);
    const usual = watch.usual('failed', rules) + (isSlowness ? watch.usual('slow', rules) : 0);
    for (const attempt of attempts) incident.seen(attempt, mask, usual, this.#watches.groups);
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
        .tasksWith('revenue_lost', step ?? '')
        .get(taskId)?.worth ?? null
    );
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

  /** What an incident has hit may be worth so much that policies about money join it. */
  #lookAtMoney(incident: Incident): void {
    const { namespace, task, step } = incident.state.place;
    if (namespace === null || task === null) return;
    const { typical } = this.#watches.task(namespace, task);
    for (const kind of ['revenue_at_risk', 'revenue_lost'] as const) {
      const money = kind === 'revenue_lost' ? incident.lost : incident.atRisk;
      for (const policy of this.#policies.of(kind, namespace, task, step)) {
        if (incident.state.speaking.some((one) => one.policy === policy.name)) continue;
        const isBeyond = [...money].some(
          ([currency, amount]) => amount >= (policy.limits[currency] ?? Number.POSITIVE_INFINITY),
        );
        if (isBeyond || typical.inOrders(money) >= parameter(policy, 'orders'))
          incident.state.speaking.push({ policy: policy.name, holds: false, detail: '' });
      }
    }
  }

  /** Over when no cause holds any more; one that only consequences have opened, when none of them does. */
  #lookWhetherOver(incident: Incident, judging: Judging): void {
    const { state } = incident;
    const policies = this.#teller.policiesOf(incident);
    const causes = policies.filter(({ tells }) => tells === 'cause');
    for (const policy of policies) {
      const speaking = state.speaking.find((one) => one.policy === policy.name);
      if (speaking?.holds === true) speaking.holds = this.#stillHolds(policy, incident, judging);
    }
    const deciding = causes.length > 0 ? causes : policies;
    const holds = deciding.some(({ name }) => state.speaking.some((one) => one.policy === name && one.holds));
    if (!holds) this.#close(incident, judging.nowMs);
  }

  #stillHolds(policy: Policy, incident: Incident, judging: Judging): boolean {
    const { place } = incident.state;
    switch (policy.kind) {
      case 'error_ratio':
      case 'step_slow':
        return !incident.recovery.isOver(judging.nowMs);
      case 'step_stalled':
        // One that was opened by a single attempt is over when that has ended.
        return incident.state.share === 0
          ? findingOf(policy, place, judging) !== null
          : !incident.recovery.isOver(judging.nowMs);
      case 'no_traffic':
        return this.#isSilent(incident);
      default:
        return findingOf(policy, place, judging) !== null;
    }
  }

  #isSilent({ state }: Incident): boolean {
    const { namespace, task } = state.place;
    const traffic =
      namespace === null || task === null ? this.#watches.traffic : this.#watches.task(namespace, task).traffic;
    return traffic.startsAfter(state.openedAtMs) < fewestStarts;
  }

  #close(incident: Incident, nowMs: number): void {
    const { namespace, task, step } = incident.state.place;
    this.#book.close(incident, nowMs);
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
    if (incident !== undefined) incident.state.acknowledged ??= { by, why, atMs };
  }
}
