import type { CommittedEvents } from '../log/event-log.ts';
import type { SinkFigures } from '../signals/delivery.ts';
import type { ParkedOutcome } from './parked-events.ts';
import type { ReplayOptions } from './replay.ts';
import type { ResolvedSubscriber } from './resolve-subscriber.ts';
import type { ReplayProgress } from './subscriber-store.ts';

/** Where a subscriber is right now, which is ahead of what is stored. */
export interface LiveStanding {
  readonly checkpoint: number;
  /** Read up to here; ahead of the checkpoint where nothing was to be handled. */
  readonly position: number;
  /** Up to here nothing comes again after a crash. */
  readonly settledPosition: number;
  readonly replay: ReplayProgress | null;
  /** What keeps it from going on; null while nothing does. */
  readonly trouble: string | null;
  /** How often its handlers have failed since it was started, also where a later try succeeded. */
  readonly failures: number;
  /** For one that feeds a sink: how its deliveries have gone since it was started. */
  readonly sink: SinkFigures | null;
}

/** Subscribers that run together: on the engine's thread, or on one of their own. */
export interface SubscriberGroup {
  readonly subscribers: readonly ResolvedSubscriber[];
  /** False while another process runs them. */
  readonly isHere: boolean;
  /** Resolves when they follow the log, or have failed to once: then they go on trying by themselves. */
  start(): Promise<void>;
  /** Where it is still being started: whoever is about to stop it does not wait for that. */
  giveUpStart(): void;
  /** They go on to the end of the log, if that takes no longer than a short grace. */
  stop(): Promise<void>;
  /** What was just committed, to be kept at hand by whoever can; each commit, in order. */
  committed(committed: readonly CommittedEvents[]): void;
  /** Something was committed, a moment ago: a hint. */
  wake(): void;
  /** Called about once a second. */
  look(): void;
  /** null: it does not stand yet, or no more. */
  standing(name: string): LiveStanding | null;
  retryParked(name: string, position?: number): Promise<ParkedOutcome>;
  dropParked(name: string, position?: number): Promise<ParkedOutcome>;
  replay(name: string, options: ReplayOptions): Promise<ReplayProgress>;
  abortReplays(): void;
  /** What can be asked of its state, in parts of JSON text: copied between threads they cost little. */
  view(name: string): Promise<readonly string[]>;
  /** Stops one alone, for as long as this engine runs. */
  release(name: string): Promise<void>;
}
