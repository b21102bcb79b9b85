import type { PublicErrorFields } from '../events/payload-parts.ts';
import { codeOfThrown, fieldOfThrown, messageOfThrown, stackOfThrown, typeOfThrown } from '../shared/thrown.ts';
import type { ParkedError } from './subscriber-store.ts';

const keptCharacters = 4000;

/** A handler's error in full, for the store, and what of it may go into the log: never its message. Never throws itself. */
export function describeFailure(error: unknown): { readonly full: ParkedError; readonly open: PublicErrorFields } {
  const type = typeOfThrown(error);
  const code = codeOfThrown(fieldOfThrown(error, 'code'));
  return {
    full: { type, message: messageOfThrown(error, keptCharacters), stack: stackOfThrown(error, keptCharacters) },
    open: { type, ...(code !== undefined && { code }) },
  };
}
