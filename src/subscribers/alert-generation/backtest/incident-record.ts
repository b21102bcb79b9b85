import type { AlertIncident, AlertSeverity, MoneyByCurrency } from '../../../signals/alert.ts';
import { isWorse } from '../incidents/severity.ts';
import type { SaidIncident } from './backtest-report.ts';

export interface Notice {
  readonly kind: 'triggered' | 'updated' | 'resolved';
  readonly atMs: number;
  readonly incident: AlertIncident;
  readonly silenced: boolean;
}

/** One incident, as the notices about it tell. */
export class IncidentRecord {
  readonly firstNoticeMs: number;
  latest: AlertIncident;
  resolvedMs: number | null = null;
  isSilenced = true;
  failed = 0;
  breached = 0;
  readonly lost = new Map<string, number>();
  firstHarmMs: number | null = null;
  #updates = 0;
  #severity: AlertSeverity;
  #atRisk: Record<string, number> = {};

  constructor(first: Notice) {
    this.firstNoticeMs = first.atMs;
    this.latest = first.incident;
    this.#severity = first.incident.severity;
    this.take(first);
  }

  take({ kind, atMs, incident, silenced }: Notice): void {
    this.latest = incident;
    this.isSilenced &&= silenced;
    if (kind === 'updated') this.#updates += 1;
    if (kind === 'resolved') this.resolvedMs = atMs;
    if (isWorse(incident.severity, this.#severity)) this.#severity = incident.severity;
    for (const [currency, amount] of Object.entries(incident.atRisk))
      this.#atRisk[currency] = Math.max(this.#atRisk[currency] ?? 0, amount);
  }

  get said(): SaidIncident {
    const { key, policy, joined, namespace, task, step, system, cause, summary, sinceMs, tasksHit, scope, lost } =
      this.latest;
    return {
      key,
      policy,
      joined,
      namespace,
      task,
      step,
      system,
      cause,
      severity: this.#severity,
      summary,
      sinceMs,
      firstNoticeMs: this.firstNoticeMs,
      resolvedMs: this.resolvedMs,
      silenced: this.isSilenced,
      updates: this.#updates,
      tasksHit,
      scope,
      lost,
      atRisk: this.#atRisk,
    };
  }
}

/** Told one by one; of more there is only a count. */
const mostKept = 1000;

/** Those that were open at any moment from `sinceMs` on, in the order of their first notices. */
export class IncidentRecords {
  readonly #sinceMs: number;
  readonly #open = new Map<string, IncidentRecord>();
  readonly #closed: IncidentRecord[] = [];
  readonly notices = { triggered: 0, updated: 0, resolved: 0 };
  more = 0;

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  /** The incident that it is about. Of one whose beginning the log has lost, this is the first word. */
  take(notice: Notice): IncidentRecord {
    const { kind, atMs, incident } = notice;
    const known = this.#open.get(incident.key);
    known?.take(notice);
    const record = known ?? new IncidentRecord(notice);
    if (atMs >= this.#sinceMs) this.notices[kind] += 1;
    if (kind !== 'resolved') this.#openUp(record);
    else {
      this.#open.delete(incident.key);
      if (atMs >= this.#sinceMs) this.#keep(record);
    }
    return record;
  }

  get open(): Iterable<IncidentRecord> {
    return this.#open.values();
  }

  get all(): readonly IncidentRecord[] {
    return [...this.#closed, ...this.#open.values()].toSorted((a, b) => a.firstNoticeMs - b.firstNoticeMs);
  }

  /** One whose end is never told, because alerting was turned off, must not be kept for ever. */
  #openUp(record: IncidentRecord): void {
    this.#open.set(record.latest.key, record);
    const [oldest] = this.#open.values();
    if (this.#open.size <= mostKept || oldest === undefined) return;
    this.#open.delete(oldest.latest.key);
    this.#keep(oldest);
  }

  #keep(record: IncidentRecord): void {
    if (this.#closed.length < mostKept) this.#closed.push(record);
    else this.more += 1;
  }
}

export function addMoney(money: Map<string, number>, currency: string, amount: number): void {
  const sum = (money.get(currency) ?? 0) + amount;
  if (sum === 0) money.delete(currency);
  else money.set(currency, sum);
}

export const moneyOf = (money: ReadonlyMap<string, number>): MoneyByCurrency => Object.fromEntries(money);
