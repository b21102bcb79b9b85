export interface EngineLimits {
  readonly stepsPerTask: number;
  readonly stepsPerProcess: number;
  readonly stepsPerNamespace: Readonly<Record<string, number>>;
  readonly stepsPerDependentSystem: Readonly<Record<string, number>>;
  readonly tasksInMemory: number;
  readonly abandonedHandlers: number;
  readonly contextBytes: number;
  readonly resultBytes: number;
  readonly releaseAfterMs: number;
  readonly stopGraceMs: number;
  /** 0: nobody watches the event loop. */
  readonly unresponsiveMs: number;
}

/**
 * `all`: every due task of the store; `own`: those that this process creates or is asked about; `none`: it runs no
 * step, but records what SLAs have to say, creates tasks for others, and carries out what operators ask.
 */
export type Advance = 'all' | 'own' | 'none';
