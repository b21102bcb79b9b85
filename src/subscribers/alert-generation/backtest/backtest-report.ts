import type { AlertIncident, AlertSeverity, MoneyByCurrency } from '../../../signals/alert.ts';

/** What became of tasks, by the log, from the beginning of the time that is looked at. */
export interface Harm {
  /** Times that a task failed for good. */
  readonly failed: number;
  /** SLAs of tasks and of steps that were passed. */
  readonly breached: number;
  /** Of tasks that failed for good or were cancelled, and have not completed after all. */
  readonly lost: MoneyByCurrency;
}

/** An incident as it was said: recorded then, or as policies would say it. Places are null as in `AlertIncident`. */
export interface SaidIncident {
  readonly key: string;
  readonly policy: string;
  readonly joined: readonly string[];
  readonly namespace: string | null;
  readonly task: string | null;
  readonly step: string | null;
  /** Of the engine's own: which worker, subscriber or sink. */
  readonly system: string | null;
  readonly cause: string;
  /** The worst. */
  readonly severity: AlertSeverity;
  readonly summary: string;
  /** What is wrong has been so since. */
  readonly sinceMs: number;
  readonly firstNoticeMs: number;
  /** null: it was open at the end. */
  readonly resolvedMs: number | null;
  /** From its beginning to its end nobody was told. */
  readonly silenced: boolean;
  readonly updates: number;
  readonly tasksHit: number;
  readonly scope: AlertIncident['scope'];
  readonly lost: MoneyByCurrency;
  /** The most at one time. */
  readonly atRisk: MoneyByCurrency;
}

/** One that policies would have opened, beside what happened at its place while it was open, and what was said then. */
export interface BacktestIncident extends SaidIncident {
  readonly happened: Harm & {
    /** When the first task failed for good or passed an SLA; null: none did. */
    readonly firstMs: number | null;
    /** How long before that it would have spoken; negative: after. null: nothing happened, or it spoke before the time looked at. */
    readonly spokeBeforeMs: number | null;
  };
  readonly saidThen: readonly SaidIncident[];
}

export interface UncoveredHarm {
  readonly what: 'failed' | 'breached';
  readonly taskId: string;
  readonly atMs: number;
  readonly namespace: string;
  readonly task: string;
  readonly step: string | null;
}

export interface BacktestReport {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** The first event that was read: what policies know of the past begins here. null: there was none. */
  readonly learntFromMs: number | null;
  readonly events: number;
  /** By first notice; those that began before and were open are among them. */
  readonly incidents: readonly BacktestIncident[];
  /** What was said then, and would not be. */
  readonly saidThenAlone: readonly SaidIncident[];
  /** Beside these, and not told one by one. */
  readonly more: { readonly incidents: number; readonly saidThen: number };
  /** What happened outside every incident: nobody would have said anything about it. */
  readonly uncovered: Harm & { readonly examples: readonly UncoveredHarm[] };
  readonly totals: Harm & {
    readonly incidents: number;
    readonly saidThen: number;
    readonly silenced: number;
    readonly notices: { readonly triggered: number; readonly updated: number; readonly resolved: number };
    /** Incidents that would have spoken before the first failure or breach, at the same moment or after it, and those that none followed. */
    readonly spoke: { readonly before: number; readonly after: number; readonly withoutHarm: number };
    /** The median of `spokeBeforeMs`; null: none. */
    readonly spokeBeforeMs: number | null;
  };
}
