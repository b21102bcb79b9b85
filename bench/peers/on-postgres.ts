// What contenders on one shared PostgreSQL server and the bench that drives them have to say to each other.
import type { Contender } from './contender.ts';
import type { LaneFigures, Load } from './lanes.ts';

/** In the order they are measured. */
export const onPostgresNames = ['tasker', 'taskerObserved', 'dbos', 'graphileWorker', 'pgBoss'] as const;

export type OnPostgresName = (typeof onPostgresNames)[number];

export interface Surroundings {
  /** Of an empty database of the contender's own; several processes of one contender share it. */
  readonly url: string;
  /** What the server says of itself. */
  readonly version: string;
  readonly settings: string;
  /** For files of the contender's own; exists. */
  readonly folder: string;
  /** Where a receiver takes OTLP traces. */
  readonly tracesUrl: string;
}

export type StartOnPostgres = (surroundings: Surroundings) => Promise<Contender>;

export type LaneRequest =
  | { readonly kind: 'measure'; readonly load: Load; readonly warmUpMs: number; readonly windowMs: number }
  | { readonly kind: 'stop' };

export type LaneReply =
  | { readonly kind: 'ready'; readonly versions: string; readonly durability: string }
  | ({ readonly kind: 'measured' } & LaneFigures)
  /** It cannot be measured, or not any more. */
  | { readonly kind: 'skipped'; readonly reason: string };
