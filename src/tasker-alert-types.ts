/** The types of the public API about alerts. */
import type { AlertSeverity } from './signals/alert.ts';
import type { Delivery } from './signals/delivery.ts';
import type { PolicyInput } from './subscribers/alert-generation/policies/policies.ts';
import type { AlertMatch } from './subscribers/alert-generation/policies/alert-match.ts';
import type { OperatorAction } from './tasker.ts';

export interface SilenceInput extends OperatorAction {
  /** Which incidents: all that is given must fit; empty: all of them. */
  readonly match: AlertMatch;
  /** Milliseconds since the Unix epoch; or, instead, for how long. */
  readonly untilMs?: number;
  readonly forMs?: number;
}

export interface BacktestOptions {
  /** Milliseconds since the Unix epoch. What is older is learnt from, and nothing is told of it. */
  readonly sinceMs: number;
  /** Default: now. */
  readonly untilMs?: number;
  /** Over those of the configuration, as if they stood in `alerts.policies`. */
  readonly policies?: readonly PolicyInput[];
  /** The same as YAML or JSON; what is wrong in it is told with its line and column. */
  readonly policyFile?: { readonly text: string; readonly file: string };
  /** Told now and then which moment it has reached. */
  readonly onProgress?: (atMs: number) => void;
}

/** An incident that might be. */
export interface AlertTest {
  /** Default `info`. */
  readonly severity?: AlertSeverity;
  readonly namespace?: string;
  readonly task?: string;
  readonly step?: string;
  readonly policy?: string;
  readonly cause?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface AlertTestOptions {
  readonly send?: boolean;
}

export interface TestedRoute {
  readonly key: string;
  /** The place of the route that fits among `alerts.routes`; null: none does, or there are none. */
  readonly route: number | null;
  readonly routes: number;
  /** Those that would be told; and where it was sent, what they answered. */
  readonly sinks: readonly {
    readonly sink: string;
    readonly trigger: Delivery | null;
    readonly resolve: Delivery | null;
  }[];
}
