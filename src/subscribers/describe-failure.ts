import type { PublicErrorFields } from '../events/payload-parts.ts';
import { errorMessage } from '../shared/errors.ts';
import type { ParkedError } from './subscriber-store.ts';

const keptCharacters = 4000;

/** A handler's error in full, for the store, and what of it may go into the log: never its message. */
export function describeFailure(error: unknown): { readonly full: ParkedError; readonly open: PublicErrorFields } {
  const type = error instanceof Error ? error.name : typeof error;
  const stack = error instanceof Error ? (error.stack?.slice(0, keptCharacters) ?? null) : null;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
  return {
    full: { type, message: errorMessage(error).slice(0, keptCharacters), stack },
    open: { type, ...(code !== null && { code }) },
  };
}
