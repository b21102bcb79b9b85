import type { CustomEntry } from '../../events/event-directory.ts';
import { type ErrorParts, putTogether, takeApart } from '../../shared/error-parts.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { LiveStanding } from '../subscriber-group.ts';
import type { FatalEvent } from '../peril.ts';
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

export interface ObserverThreadData<Store = unknown> {
  /** How the thread finds the store; whoever composes it knows what that is. */
  readonly store: Store;
  readonly module: ModuleReference;
  /** What templates declare, so that patterns mean the same in the thread. */
  readonly declared: readonly CustomEntry[];
}

/** What a thread is told as it starts: of those before it. */
export interface ThreadBeginning {
  /** Names of its subscribers, in the order of `underWay`. */
  readonly names: readonly string[];
  /** Of an `UnderWay`. */
  readonly underWay: SharedArrayBuffer;
  /** Unregistered meanwhile: they must not begin anew. */
  readonly released: readonly string[];
  readonly fatal: Readonly<Record<string, FatalEvent>>;
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
