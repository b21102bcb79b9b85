/**
 * Which worker runs which subscribers. For the implementer: a subscriber is held by at most one worker, for as long as
 * that worker has joined and its own lease lasts; what anybody else saves of it is stale. One that nobody holds may be
 * saved by any worker that has joined.
 */
export interface SubscriberLeases {
  /** Takes them, or keeps them: all or, when another worker holds one of them, none. */
  claim(workerId: string, names: readonly string[]): Promise<boolean>;
  /** Gives back those that it holds. */
  release(workerId: string, names: readonly string[]): Promise<void>;
}
