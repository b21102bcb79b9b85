/**
 * What became of what was handed to a sink. An expected outcome, so it is returned: a sink throws for nothing that its
 * destination does.
 *
 * - `delivered`: the destination has it, all of it.
 * - `retryable`: not all of it, but the same may be taken later; `afterMs`: not before, as the destination asks.
 *   `taken: false`: surely none of it, since it was not reached or said so; else some of it may be there.
 * - `rejected`: never: somebody must change something first. `count`: of so many alone, the others were delivered.
 *   `tooLarge`: only because it was too much at once; less of it may be taken.
 *
 * `reason` is for people, and holds nothing secret: no address with its token, no record.
 */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retryable'; readonly reason: string; readonly afterMs?: number; readonly taken?: false }
  | { readonly kind: 'rejected'; readonly reason: string; readonly count?: number; readonly tooLarge?: boolean };

export const delivered: Delivery = { kind: 'delivered' };

export const nobodyWaits: Delivery = { kind: 'retryable', reason: 'nobody waits any longer' };

export interface DeliveryContext {
  /** Aborted when nobody waits any longer: settle soon, with `retryable` unless all was delivered. */
  readonly signal: AbortSignal;
}

/** Takes signals of one kind, in order. The next call comes only when the one before has settled. */
export type Deliver<Signal> = (signals: readonly Signal[], context: DeliveryContext) => Promise<Delivery>;

/** How deliveries of one kind of signal to one sink have gone. */
export interface SinkFigures {
  readonly sink: string;
  /** `logs`, `traces`, `metrics` or `alerts`. */
  readonly signal: string;
  readonly delivered: number;
  readonly retries: number;
  readonly dropped: number;
  /** In hand: offered and not settled. What waits behind is in the log, and is the subscriber's lag. */
  readonly queued: number;
  readonly failing: boolean;
}
