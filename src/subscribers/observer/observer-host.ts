import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/ids.ts';
import type { ProgressWriter } from '../subscriber-store.ts';

/** What a module of this package that makes subscribers has of the process that they run in. */
export interface ObserverHost {
  readonly writer: ProgressWriter;
  readonly clock: Clock;
  readonly random: Random;
  /** To the process's standard output, in whichever thread; rejects with the system's error. */
  readonly writeOut: (text: string, signal: AbortSignal) => Promise<void>;
  readonly warn: (message: string) => void;
  readonly onProblem: (error: unknown) => void;
  /** To be done when the subscribers have stopped. */
  readonly atClose: (close: () => Promise<void>) => void;
}
