import type { CheckoutStepName } from '../checkout-context.ts';
import type { ServiceName } from '../service-urls.ts';
import type { Fault } from '../services/fault.ts';

/** What goes wrong, as data: the driver carries it out. */
export type Trouble =
  /** Services get these faults, and are well again when it ends. */
  | { readonly kind: 'faults'; readonly faults: Partial<Readonly<Record<ServiceName, Fault>>> }
  /** The engine's process is killed with SIGKILL; it ends with a new one. */
  | { readonly kind: 'crash' }
  /** The engine is stopped well and started with a release of handlers that fails; it ends with the one before. */
  | { readonly kind: 'deploy' };

/** By what the trouble is first to be seen in the log. */
export type FirstSign =
  | { readonly kind: 'stalled' }
  | { readonly kind: 'failed' }
  /** An attempt that succeeds, but takes at least so long. */
  | { readonly kind: 'slow'; readonly slowMs: number }
  | { readonly kind: 'worker_lost' };

/** What is so, against which an alert is held. */
export interface Truth {
  /** null: it is about the engine, not about a step. */
  readonly step: CheckoutStepName | null;
  /** Classes of causes that say it. */
  readonly causes: readonly string[];
  /** Whom it hits, where that is not everybody. */
  readonly scope: { readonly field: string; readonly values: readonly string[] } | null;
}

export interface Incident {
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly shows: string;
  /** How the services are before and after; default: now and then a payment fails, and is tried again. */
  readonly usualDay?: Partial<Readonly<Record<ServiceName, Fault>>>;
  readonly trouble: Trouble;
  /** How long the trouble goes on when nobody says otherwise. */
  readonly seconds: number;
  readonly firstSign: FirstSign;
  readonly truth: Truth;
  /** What would have told without alerts, as far as that cannot be read from the run itself. */
  readonly otherwise: string;
}
