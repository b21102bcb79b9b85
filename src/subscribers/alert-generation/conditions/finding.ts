import type { AlertError, AlertScope } from '../../../signals/alert.ts';
import type { Policy } from '../policies/resolve-policies.ts';

/** Where something is wrong: a step, a task as a whole, or (no task) the engine. */
export interface Place {
  readonly namespace: string | null;
  readonly task: string | null;
  readonly step: string | null;
  /** Of the engine's own: which worker, subscriber or sink. */
  readonly about: string | null;
}

/** A policy's condition holds. */
export interface Finding {
  readonly policy: Policy;
  readonly place: Place;
  /** When it began. */
  readonly sinceMs: number;
  /** `hang`, `slow`, `connection`, … */
  readonly cause: string;
  readonly scope: readonly AlertScope[];
  readonly firstError: AlertError | null;
  /** For people, in a few words; empty where the cause says it all. */
  readonly detail: string;
  /** Tasks that it is known to have hit. */
  readonly tasks: readonly string[];
  /** The share of what was seen since then that was hit; 1 where that cannot be asked. */
  readonly share: number;
}
