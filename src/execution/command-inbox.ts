import type { JsonObject } from '../shared/json.ts';

export const commandKinds = [
  'run',
  'cancel',
  'retry',
  'resolve',
  'skip',
  'annotate',
  'retry_parked',
  'drop_parked',
  'replay',
  'unregister',
  'acknowledge_alert',
  'silence_alerts',
  'lift_silence',
] as const;
export type CommandKind = (typeof commandKinds)[number];

/** What another process asks of the engine. Rows, so that nothing is lost if the engine starts later. */
export interface StoredCommand {
  readonly id: string;
  readonly kind: CommandKind;
  /** null for `run` and for what is asked of a subscriber or about alerts. */
  readonly taskId: string | null;
  readonly body: JsonObject;
  readonly requestedAt: number;
}

export type CommandOutcome =
  /** `existing`: of `run`, that the idempotency key found an earlier task. */
  | { readonly kind: 'applied'; readonly taskId: string; readonly existing?: boolean }
  /** Of what is asked of a subscriber or about alerts: what came of it. */
  | { readonly kind: 'answered'; readonly answer: JsonObject }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/**
 * For the implementer: a command is settled once, either by the `Change` that names it, in its transaction, or by
 * `settle`. `hasNews` must be cheap: the engine asks four times a second.
 */
export interface CommandInbox {
  /** Its sender waits for the outcome until `leave`. */
  submit(command: StoredCommand): Promise<void>;
  /**
   * False when nothing was submitted since the last call. What another process submits over a network may show a moment
   * later, at the most a quarter of a second.
   */
  hasNews(): boolean;
  /**
   * Unsettled commands, oldest first. With `ofTasks`: those of these tasks, and each `run` whose sender waits. With
   * `after`, the id of a command, settled or not: those that came after it; one that is not there leaves none out.
   */
  pending(limit: number, ofTasks?: readonly string[], after?: string): Promise<readonly StoredCommand[]>;
  /**
   * What this worker had for itself by `pending` others may carry out too; nothing where there are no others.
   * `forGood`: this one is not given it again, unless its sender waits.
   */
  pass(commandId: string, forGood?: boolean): Promise<void>;
  /** Settles commands that no change carries out. */
  settle(commandId: string, outcome: CommandOutcome): Promise<void>;
  /** Refuses it if its sender still waits, and will learn of it; what was left is kept. */
  refuseAwaited(commandId: string, code: string, message: string): Promise<void>;
  /** Its sender waits no longer: from here on it is settled by being carried out alone. Its outcome, if that came first. */
  leave(commandId: string): Promise<CommandOutcome | null>;
  /** Its sender waits again. Its outcome, if there is one. */
  awaitAgain(commandId: string): Promise<CommandOutcome | null>;
  /** null while unsettled. */
  outcome(commandId: string): Promise<CommandOutcome | null>;
}
