/** What an engine is started and stopped with, and what it says of itself; types of the public API. */
export interface StartOptions {
  /**
   * `all` (default): every due task of the store. `own`: those that this process creates. `none`: it observes, records
   * what SLAs have to say and carries out what operators ask; workers run the steps.
   */
  readonly advance?: 'all' | 'own' | 'none';
  /** Stop gracefully on SIGTERM and SIGINT. Default false: a process's signals are no library's business. */
  readonly handleSignals?: boolean;
}

export interface StopOptions {
  /** How long running handlers may go on before they are aborted and returned. Default `limits.stopGraceMs`. */
  readonly graceMs?: number;
}

export interface EngineStatus {
  readonly running: boolean;
  readonly tasksInMemory: number;
  readonly attemptsRunning: number;
  /** Tasks with a step that could run and that there is no room for. */
  readonly tasksReady: number;
  /** Tasks in memory at which no handler is at work: for want of room, or until a time comes. */
  readonly tasksWaiting: number;
  /** Handlers that timed out or were cancelled and have not settled yet. */
  readonly abandonedHandlers: number;
  /** Results that came after their attempt had ended; they were refused. */
  readonly lateResults: number;
  /** Changes that are waiting to be written. */
  readonly changesQueued: number;
  readonly lastStorageError: string | null;
  /** How often listeners given to `on` threw or rejected. */
  readonly listenerFailures: number;
  /** Where `/metrics` and health are answered; null while they are not. */
  readonly operationsUrl: string | null;
}
