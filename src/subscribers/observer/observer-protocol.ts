import type { CustomEntry } from '../../events/event-directory.ts';
import { type ErrorParts, putTogether, takeApart } from '../../shared/error-parts.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { LiveStanding } from '../subscriber-group.ts';
import type { ProgressResult } from '../subscriber-store.ts';

/** A module whose default export gives subscribers. */
export interface ModuleReference {
  /** As the configuration names it. */
  readonly module: string;
  /** Absolute path, or the name of a package. */
  readonly resolved: string;
  /** Given to what the module exports, if that is a function or a class. */
  readonly options: JsonObject;
  /** It comes with this package: it is given what others have no business with. */
  readonly isBuiltIn: boolean;
}

export interface ObserverThreadData {
  /** Of the SQLite database. */
  readonly file: string;
  readonly module: ModuleReference;
  /** What templates declare, so that patterns mean the same in the thread. */
  readonly declared: readonly CustomEntry[];
}

export type Standings = Readonly<Record<string, LiveStanding | null>>;

/** An error would lose its class on the way between threads. */
export type SentResult =
  | Exclude<ProgressResult, { readonly kind: 'failed' }>
  | { readonly kind: 'failed'; readonly error: ErrorParts };

export function sentResult(result: ProgressResult): SentResult {
  return result.kind === 'failed' ? { kind: 'failed', error: takeApart(result.error) } : result;
}

export function receivedResult(result: SentResult): ProgressResult {
  return result.kind === 'failed' ? { kind: 'failed', error: putTogether(result.error) } : result;
}
