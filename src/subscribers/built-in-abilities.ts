import type { EachDraft } from '../log/append.ts';
import type { SubscriberContext } from './define-subscriber.ts';

/** Facts that are saved with the state that they follow from, or not at all. */
export type RecordFacts = (facts: readonly EachDraft[]) => void;

/** What the handlers of a built-in subscriber have beside what all have. */
export interface BuiltInContext<State = unknown> extends SubscriberContext<State> {
  /** What a failing handler has recorded is forgotten. Muted on a replay: the facts are in the log already. */
  readonly record: RecordFacts;
}

export interface TickContext {
  readonly record: RecordFacts;
  /** Called when what this tick changed is in the store, at once; never if it could not be saved. */
  readonly afterSave: (act: () => void) => void;
  /** Aborted when the subscriber is stopped: what was set going outside its turn ends then. */
  readonly stop: AbortSignal;
}

/**
 * For a built-in subscriber to which it matters that nothing happens: called in its turn, between events, while the log
 * is read to its end. It needs a state that is changed in place (`codec`).
 */
export interface Tick {
  /** Not more often, milliseconds; and not less, while the log is read to its end. */
  readonly everyMs: number;
  /**
   * `nowMs`: the moment up to which the log was read. False: nothing was changed. What it changes is saved when it is
   * due; at once, if it has recorded something or is to be told of the saving. If it throws, the state is as it was
   * stored, the process is told once, and it is called again.
   */
  readonly act: (state: never, nowMs: number, context: TickContext) => boolean | undefined;
  /** To be called, at its leisure, when it should not wait for its time: given once, as the subscriber starts. */
  readonly onReady?: (callSoon: () => void) => void;
}
