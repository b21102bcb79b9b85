/** By PagerDuty's names, worst first. */
export const alertSeverities = ['critical', 'error', 'warning', 'info'] as const;

export type AlertSeverity = (typeof alertSeverities)[number];

/** Minor units by ISO 4217 currency. */
export type MoneyByCurrency = Readonly<Record<string, number>>;

/** Whom an incident hits, where that is not everybody: `customer_tier` is `premium`, while others are well. */
export interface AlertScope {
  /** Name of a context field that the template lets out. */
  readonly field: string;
  readonly values: readonly string[];
}

/** Of an error what a template lets out anyhow. */
export interface AlertError {
  readonly type: string;
  readonly code: string | null;
  readonly status: number | null;
}

/** An incident as it stands at one moment. Nothing in it that the templates' lists do not let out. */
export interface AlertIncident {
  /** The same in every notice of the incident, and of no other: what receivers know it by. */
  readonly key: string;
  readonly severity: AlertSeverity;
  readonly environment: string;
  /** The policy that speaks, and those that have joined it. */
  readonly policy: string;
  readonly joined: readonly string[];
  /** One sentence: which step, what, whom it hits, how much money. */
  readonly summary: string;
  /** Null: it is about the engine, not about one kind of task. */
  readonly namespace: string | null;
  readonly task: string | null;
  /** Null: about the task as a whole. */
  readonly step: string | null;
  /** The system that the step depends on. */
  readonly system: string | null;
  /** `hang`, `timeout`, `slow`, `connection`, … */
  readonly cause: string;
  readonly firstError: AlertError | null;
  /** Milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  readonly tasksHit: number;
  /** Of those, how many by each value of the fields that tell customers apart; the ten most frequent of each. */
  readonly hitBy: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Empty: it hits everybody alike, as far as can be told. */
  readonly scope: readonly AlertScope[];
  readonly lost: MoneyByCurrency;
  readonly atRisk: MoneyByCurrency;
  readonly trend: 'growing' | 'steady' | 'falling';
  /** What to do first. */
  readonly action: string;
  readonly runbookUrl: string | null;
  readonly consoleUrl: string | null;
  /** What the template says of itself, for routes: `team: payments`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly exampleTask: string | null;
  readonly exampleTrace: string | null;
}

/**
 * What is said of an incident. For one incident: a trigger, then updates and at most one acknowledgement, then its
 * resolution, and at most one `settle`; a trigger may come again (at least once), the same but for its moment. `repeat` tells of nothing new but
 * figures: when they have grown, and to those that have asked for it again and again. `summary` tells of incidents that began and ended while the receiver was away: they page nobody;
 * `settle` comes after the end, where more of what was at risk then is lost than was told: the incident with what it has
 * cost. `more`: how many there are beside those that are named.
 */
export type AlertNotice =
  | {
      readonly kind: 'trigger' | 'update' | 'repeat' | 'acknowledge' | 'resolve' | 'settle';
      readonly atMs: number;
      readonly incident: AlertIncident;
    }
  | {
      readonly kind: 'summary';
      readonly atMs: number;
      readonly missed: readonly AlertIncident[];
      readonly more?: number;
    };
