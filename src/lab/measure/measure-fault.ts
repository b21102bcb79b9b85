import { isOfAll } from './explain.ts';
import type { AlertIncident, MoneyByCurrency } from '../../index.ts';
import type { Fault, FaultKind } from '../scenario/scenario.ts';
import type { FaultTruth } from '../truth/fault-watch.ts';
import type { Money } from '../truth/ledger.ts';
import { knownAt, type SaidIncident } from './incidents.ts';

/** How a fault was told of. Seconds; plain JSON. */
export interface FaultMeasure {
  readonly name: string;
  readonly kind: FaultKind;
  readonly seed: number;
  readonly who: string;
  /** From the start of the run. */
  readonly fromSeconds: number;
  readonly tasksHit: number;
  /** False: it hit nobody who showed it, so that there was nothing to detect. */
  readonly felt: boolean;
  /** From the first task that showed it to the first notification; null: never told of. */
  readonly detectSeconds: number | null;
  /** From the first task that showed it to the so-maniest, for low volumes; null: there were fewer. */
  readonly shownAfterSeconds: readonly number[];
  readonly first: Said | null;
  /** As known a minute after the first notification. */
  readonly later: Said | null;
  readonly money: MoneyMeasure | null;
  /** Incidents opened, by their keys; what was said of them after their first notice, resolutions aside. */
  readonly opened: number;
  readonly updates: number;
  /** From the fault's end to the last resolution; null: an incident stayed open. */
  readonly resolveSeconds: number | null;
}

export interface Said {
  readonly policy: string;
  readonly step: string | null;
  readonly cause: string;
  readonly scope: string;
  readonly stepRight: boolean;
  readonly causeRight: boolean;
  readonly scopeRight: boolean;
}

export interface MoneyMeasure {
  readonly said: Money;
  readonly truth: Money;
  /** Differences over the truth, all currencies together; null where there was none to be said. */
  readonly error: number | null;
  /** The same against the truth of the moment at which it was said. */
  readonly errorWhenSaid: number | null;
}

export const laterMs = 60_000;
/** Enough for any target. */
const mostShown = 20;

export interface MeasureContext {
  readonly seed: number;
  readonly startMs: number;
  readonly moneyOf: (fault: Fault, of: { readonly namespace: string; readonly task: string }, atMs: number) => Money;
}

/** `incidents`: those that the fault explains. */
export function measureFault(
  truth: FaultTruth,
  incidents: readonly SaidIncident[],
  context: MeasureContext,
): FaultMeasure {
  const { fault, fromMs, toMs, shownAtMs, tasksHit } = truth;
  const [first] = incidents.toSorted((a, b) => a.firstAtMs - b.firstAtMs);
  const [shownMs] = shownAtMs;
  const ended = incidents.map(({ resolvedAtMs }) => resolvedAtMs);
  return {
    name: fault.name,
    kind: fault.kind,
    seed: context.seed,
    who: scopeText(Object.entries(fault.who).map(([field, values]) => ({ field, values }))),
    fromSeconds: seconds(fromMs - context.startMs),
    tasksHit,
    felt: shownMs !== undefined,
    detectSeconds: first === undefined || shownMs === undefined ? null : seconds(first.firstAtMs - shownMs),
    shownAfterSeconds: shownAtMs.slice(0, mostShown).map((atMs) => seconds(atMs - (shownMs ?? atMs))),
    first: first === undefined ? null : judge(first.first, fault),
    later: first === undefined ? null : judge(knownAt(first, first.firstAtMs + laterMs), fault),
    money: first === undefined || fault.kind === 'silence' ? null : measureMoney(first, fault, context),
    opened: incidents.length,
    updates: incidents.reduce((updates, { said }) => updates + said.filter(({ kind }) => kind === 'update').length, 0),
    resolveSeconds:
      ended.length === 0 || ended.includes(null) ? null : seconds(Math.max(...ended.map((atMs) => atMs ?? 0)) - toMs),
  };
}

/** What alerting may call each kind of fault. */
export function causesOf(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case 'hang':
      return ['hang'];
    case 'timeout':
      return ['timeout'];
    case 'error_burst':
      return [fault.error.class];
    case 'slow_ramp':
      return ['slow'];
    case 'silence':
      return ['no_traffic', 'silence'];
  }
}

function judge(incident: AlertIncident, fault: Fault): Said {
  const { policy, step, cause, scope } = incident;
  const place =
    isOfAll(incident, fault) ||
    fault.hits.some((hit) => hit.namespace === incident.namespace && hit.task === incident.task && hit.step === step);
  return {
    policy,
    step,
    cause,
    scope: scopeText(scope),
    stepRight: place,
    causeRight: causesOf(fault).includes(cause),
    scopeRight: scopeText(scope) === scopeText(Object.entries(fault.who).map(([field, values]) => ({ field, values }))),
  };
}

/** `customer_tier=premium, region=eu|us`; `everybody` where it is not restricted. */
export function scopeText(scope: readonly { readonly field: string; readonly values: readonly string[] }[]): string {
  if (scope.length === 0) return 'everybody';
  return scope
    .toSorted((a, b) => (a.field < b.field ? -1 : 1))
    .map(({ field, values }) => `${field}=${values.toSorted().join('|')}`)
    .join(', ');
}

function measureMoney(first: SaidIncident, fault: Fault, context: MeasureContext): MoneyMeasure {
  const atMs = first.firstAtMs + laterMs;
  const of = { namespace: first.first.namespace ?? '', task: first.first.task ?? '' };
  const known = first.said.findLast((one) => one.atMs <= atMs && one.kind !== 'resolve');
  const { lost, atRisk } = known?.incident ?? first.first;
  const said = { lost, atRisk };
  const truth = context.moneyOf(fault, of, atMs);
  const truthWhenSaid = context.moneyOf(fault, of, known?.atMs ?? first.firstAtMs);
  return { said, truth, error: moneyError(said, truth), errorWhenSaid: moneyError(said, truthWhenSaid) };
}

export function moneyError(said: Money, truth: Money): number | null {
  const total = sum(truth.lost) + sum(truth.atRisk);
  const wrong = difference(said.lost, truth.lost) + difference(said.atRisk, truth.atRisk);
  if (total === 0) return wrong === 0 ? null : 1;
  return Math.round((1000 * wrong) / total) / 1000;
}

function sum(money: MoneyByCurrency): number {
  return Object.values(money).reduce((all, amount) => all + amount, 0);
}

function difference(a: MoneyByCurrency, b: MoneyByCurrency): number {
  const currencies = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...currencies].reduce((all, currency) => all + Math.abs((a[currency] ?? 0) - (b[currency] ?? 0)), 0);
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
