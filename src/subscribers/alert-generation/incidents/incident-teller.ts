import type { JsonValue } from '../../../shared/json.ts';
import type { AlertIncident, AlertSeverity } from '../../../signals/alert.ts';
import type { MetricFamily } from '../../../signals/metric.ts';
import { MetricTable } from '../../metrics/metric-table.ts';
import type { MonitoredTask } from '../../metrics/monitored-tasks.ts';
import { alertMetrics } from './alert-metrics.ts';
import type { Incident } from './incident.ts';
import { actionOf, summaryOf, type Told } from './incident-words.ts';
import { policyKinds } from '../policies/policies.ts';
import type { Policy, PolicySet } from '../policies/resolve-policies.ts';
import { runbookAddress } from '../policies/runbook-address.ts';
import { isWorse, severityOf } from './severity.ts';
import type { Silences } from '../policies/silences.ts';
import type { Watches } from '../evidence/watches.ts';

export type AlertChange = 'severity' | 'scope' | 'cause' | 'silence' | 'figures';

/** To be recorded, with the state that it follows from. */
export type AlertFact =
  | { readonly kind: 'triggered'; readonly atMs: number; readonly incident: AlertIncident; readonly silenced: boolean }
  | {
      readonly kind: 'updated';
      readonly atMs: number;
      readonly incident: AlertIncident;
      readonly silenced: boolean;
      readonly changes: readonly AlertChange[];
    }
  | {
      readonly kind: 'resolved';
      readonly atMs: number;
      readonly incident: AlertIncident;
      readonly silenced: boolean;
      readonly durationMs: number;
    };

export interface TellerOptions {
  readonly tasks: readonly MonitoredTask[];
  readonly environment: string;
  readonly runbookBaseUrl: string | null;
  readonly consoleBaseUrl: string | null;
}

/** Growing worse is told at once; another cause or other customers no oftener than this. */
const changeEveryMs = 15_000;
/** Figures are told often while an incident is new, and whoever is paged decides what to do; then no oftener than this. */
const figuresEveryMs = { new: 10_000, old: 60_000 } as const;
const newForMs = 120_000;
/** Policies of which one is more specific than another come first. */
const rank: ReadonlyMap<string, number> = new Map(policyKinds.map(({ kind }, index) => [kind, index]));

/** Says of incidents what is to be said, once: that they have begun, grown or changed, and that they are over. */
export class IncidentTeller {
  readonly #options: TellerOptions;
  readonly #watches: Watches;
  readonly #policies: PolicySet;
  readonly #silences: Silences;
  readonly #counts = new MetricTable(alertMetrics);
  readonly #tasks: ReadonlyMap<string, MonitoredTask>;
  #facts: AlertFact[] = [];
  #isSpeaking = false;

  constructor(options: TellerOptions, watches: Watches, policies: PolicySet, silences: Silences) {
    this.#options = options;
    this.#watches = watches;
    this.#policies = policies;
    this.#silences = silences;
    this.#tasks = new Map(options.tasks.map((one) => [`${one.namespace}.${one.task}`, one]));
  }

  /** From here on what is told is recorded. */
  speak(): void {
    this.#isSpeaking = true;
  }

  drain(): readonly AlertFact[] {
    const facts = this.#facts;
    this.#facts = [];
    return facts;
  }

  /** What has changed since it was told last. */
  tell(incident: Incident, atMs: number): void {
    if (!this.#isSpeaking) return;
    const { state } = incident;
    const severity = this.#severity(incident);
    if (isWorse(severity, state.severity)) state.severity = severity;
    const now = {
      severity: state.severity,
      scope: JSON.stringify(state.scope),
      what: `${state.cause} ${state.place.step}`,
      figures: [state.tasksHit, sum(incident.lost), sum(incident.atRisk)] as const,
      atMs,
      newsAtMs: atMs,
    };
    const { told } = state;
    const snapshot = this.snapshot(incident, atMs);
    const silenced = this.#silences.covers(snapshot, atMs);
    if (told === null) {
      state.told = now;
      state.silenced = silenced;
      this.#count(incident, 'triggered');
      this.#facts.push({ kind: 'triggered', atMs, incident: snapshot, silenced });
      return;
    }
    const changes: AlertChange[] = [];
    if (silenced !== state.silenced) changes.push('silence');
    if (isWorse(now.severity, told.severity)) changes.push('severity');
    if (atMs - (told.newsAtMs ?? told.atMs) >= changeEveryMs) {
      if (now.scope !== told.scope) changes.push('scope');
      if (now.what !== told.what) changes.push('cause');
    }
    const isNew = atMs - state.openedAtMs < newForMs;
    if (atMs - told.atMs >= (isNew ? figuresEveryMs.new : figuresEveryMs.old) && isMore(now.figures, told.figures))
      changes.push('figures');
    if (changes.length === 0) return;
    // What only says figures is passed by where every notice is a message: what else it shows is still to be told there.
    const isNews = changes.some((change) => change !== 'figures');
    state.told = isNews ? now : { ...told, figures: now.figures, atMs };
    state.silenced = silenced;
    this.#facts.push({ kind: 'updated', atMs, incident: snapshot, silenced, changes });
  }

  tellOver(incident: Incident, atMs: number): void {
    const { state } = incident;
    if (!this.#isSpeaking || state.told === null) return;
    this.#count(incident, 'resolved');
    const snapshot = this.snapshot(incident, atMs);
    const silenced = this.#silences.covers(snapshot, atMs);
    this.#facts.push({ kind: 'resolved', atMs, incident: snapshot, silenced, durationMs: atMs - state.openedAtMs });
  }

  /** Those that speak for it, the most specific first. */
  policiesOf({ state }: Incident): readonly Policy[] {
    const { namespace, task } = state.place;
    return state.speaking
      .flatMap(({ policy }) => this.#policies.named(policy, namespace, task) ?? [])
      .toSorted((a, b) => (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0));
  }

  leading(incident: Incident): Policy | undefined {
    return this.policiesOf(incident)[0];
  }

  snapshot(incident: Incident, atMs: number): AlertIncident {
    const { state } = incident;
    const [leading, ...joined] = this.policiesOf(incident);
    const { namespace, task, step, about } = state.place;
    const monitored = this.#tasks.get(`${namespace}.${task}`);
    const system = about ?? monitored?.steps.find(({ name }) => name === step)?.system ?? null;
    const told: Told = {
      kind: leading?.kind ?? 'error_ratio',
      place: state.place,
      system: system === 'unknown' ? null : system,
      cause: state.cause,
      detail: state.speaking.find(({ policy }) => policy === leading?.name)?.detail ?? '',
      sinceMs: state.sinceMs,
      tasksHit: state.tasksHit,
      scope: state.scope,
      hitBy: incident.hitBy(this.#watches.groups),
      lost: Object.fromEntries(incident.lost),
      atRisk: Object.fromEntries(incident.atRisk),
    };
    const { runbookBaseUrl, consoleBaseUrl, environment } = this.#options;
    const runbook =
      runbookBaseUrl === null || leading === undefined ? null : runbookAddress(runbookBaseUrl, leading.kind);
    return {
      key: state.key,
      severity: state.severity,
      environment,
      policy: leading?.name ?? '',
      joined: joined.map(({ name }) => name),
      summary: summaryOf(told),
      namespace,
      task,
      step,
      system: told.system,
      cause: state.cause,
      firstError: state.firstError,
      sinceMs: state.sinceMs,
      tasksHit: state.tasksHit,
      hitBy: told.hitBy,
      scope: state.scope,
      lost: told.lost,
      atRisk: told.atRisk,
      trend: state.resolvedAtMs === null ? incident.trend(atMs) : 'falling',
      action: actionOf(told),
      runbookUrl: leading?.runbookUrl ?? monitored?.alerting.runbookUrl ?? runbook,
      consoleUrl:
        consoleBaseUrl === null
          ? null
          : `${consoleBaseUrl.replace(/\/+$/, '')}/incidents/${encodeURIComponent(state.key)}`,
      labels: monitored?.alerting.labels ?? {},
      exampleTask: state.exampleTask,
      exampleTrace: state.exampleTrace,
    };
  }

  /** `open`: those that are told of now. */
  families(open: Iterable<Incident>): readonly MetricFamily[] {
    const firing = new MetricTable(alertMetrics);
    for (const incident of open) {
      if (incident.state.told !== null)
        firing.add('tasker_alerts_firing', [this.leading(incident)?.name ?? '', incident.state.severity]);
    }
    const named = (table: MetricTable, name: string): readonly MetricFamily[] =>
      table.families().filter((family) => family.name === name);
    return [...named(firing, 'tasker_alerts_firing'), ...named(this.#counts, 'tasker_alerts_total')];
  }

  encode(): JsonValue {
    return this.#counts.encode();
  }

  restore(stored: JsonValue): void {
    this.#counts.restore(stored);
  }

  countAcknowledged(incident: Incident): void {
    if (this.#isSpeaking) this.#count(incident, 'acknowledged');
  }

  #count(incident: Incident, state: 'triggered' | 'acknowledged' | 'resolved'): void {
    this.#counts.add('tasker_alerts_total', [this.leading(incident)?.name ?? '', incident.state.severity, state]);
  }

  #severity(incident: Incident): AlertSeverity {
    const { state } = incident;
    const { namespace, task } = state.place;
    const critical = this.#tasks.get(`${namespace}.${task}`)?.alerting.critical ?? task === null;
    const typical = namespace === null || task === null ? null : this.#watches.task(namespace, task).typical;
    const orders = typical === null ? 0 : typical.inOrders(incident.lost) + typical.inOrders(incident.atRisk);
    const shareOfAll = state.scope.length === 0 ? state.share : 0;
    return severityOf(this.policiesOf(incident), { critical, shareOfAll, orders });
  }
}

/** Any of them by a tenth. */
function isMore(now: readonly number[], before: readonly number[]): boolean {
  return now.some((figure, index) => Math.abs(figure - (before[index] ?? 0)) > Math.max(1, (before[index] ?? 0) / 10));
}

function sum(money: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const amount of money.values()) total += amount;
  return total;
}
