/** In the order they are measured; `bullmqOneJobAlways` only with `--full`. */
export const contenderNames = [
  'tasker',
  'dbos',
  'bullmq',
  'bullmqAlways',
  'bullmqOneJob',
  'bullmqOneJobAlways',
  'restate',
] as const;

export type ContenderName = (typeof contenderNames)[number];

/** One engine or queue, ready to be measured: its server is up, its workers listen. */
export interface Contender {
  /** Versions of all that takes part, as people would write them: `BullMQ 6.7.0, Redis 7.0.15`. */
  readonly versions: string;
  /** What a confirmed step survives here, and the settings that make it so. */
  readonly durability: string;
  /** Runs one five-step workflow to its end; rejects if it ended any other way than well. */
  runOne(): PromiseLike<void>;
  stop(): Promise<void>;
}

/**
 * Starts the contender with its data in `folder`, which is empty and removed afterwards. What it throws is what people
 * read as the reason why the contender was left out: name the part that is missing and how to get it.
 */
export type StartContender = (folder: string) => Promise<Contender>;

/** What a contender's process tells the bench, once. */
export type ContenderReport =
  | {
      readonly kind: 'measured';
      readonly versions: string;
      readonly durability: string;
      readonly perSecond: number;
      readonly latenciesMs: readonly number[];
    }
  | { readonly kind: 'skipped'; readonly reason: string };
