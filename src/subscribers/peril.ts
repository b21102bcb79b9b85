/** An event at which threads have ended, and how many one after the other. */
export interface FatalEvent {
  readonly position: number;
  readonly times: number;
}

/** For a subscriber whose thread may end: what is left behind of it then, and what was before. */
export interface Peril {
  /** The event that ended the threads before this one; null if none did. */
  readonly fatal: FatalEvent | null;
  /** The event that is being handled from now on; null: none. */
  handling(position: number | null): void;
}
