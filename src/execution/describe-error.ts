import type { PublicErrorFields } from '../events/payload-parts.ts';
import { codeOfThrown, fieldOfThrown, messageOfThrown, stackOfThrown, typeOfThrown } from '../shared/thrown.ts';
import { isPublicError, longestWaitMs, PermanentError, RetryableError } from '../tasks/handler-errors.ts';

export interface DescribedError {
  /** What may be told. */
  readonly public: PublicErrorFields;
  /** What stays in the task store. */
  readonly private: { readonly type: string; readonly message: string; readonly stack: string | null };
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;
}

const maxMessageChars = 2000;
const maxStackChars = 8000;

/** What a handler threw, sorted into what may leave the task and what may not. Never throws itself. */
export function describeError(thrown: unknown): DescribedError {
  try {
    return sortOut(thrown);
  } catch {
    // Getters of a thrown object are foreign code.
    const type = '_OTHER';
    const message = 'a thrown value that cannot be read';
    return { public: { type }, private: { type, message, stack: null }, permanent: false, retryAfterMs: undefined };
  }
}

function sortOut(thrown: unknown): DescribedError {
  const type = typeOfThrown(thrown);
  const status = statusOf(fieldOfThrown(thrown, 'status')) ?? statusOf(fieldOfThrown(thrown, 'statusCode'));
  const code = codeOfThrown(fieldOfThrown(thrown, 'code')) ?? codeOfCause(thrown);
  const message = messageOfThrown(thrown, maxMessageChars);
  const isPublic = isPublicError(thrown);
  return {
    public: {
      type,
      ...(code !== undefined && { code }),
      ...(status !== undefined && { status }),
      ...(isPublic && { message }),
    },
    private: { type, message, stack: stackOfThrown(thrown, maxStackChars) },
    permanent:
      isA(thrown, PermanentError, 'PermanentError') || (isPublic && fieldOfThrown(thrown, 'permanent') === true),
    retryAfterMs:
      isPublic || isA(thrown, RetryableError, 'RetryableError')
        ? waitOf(fieldOfThrown(thrown, 'retryAfterMs'))
        : undefined,
  };
}

// Also by name: a handler may have its error classes from another copy of the package.
function isA(thrown: unknown, kind: new (message: string) => Error, name: string): boolean {
  return thrown instanceof kind || (thrown instanceof Error && thrown.name === name);
}

/**
 * fetch() reports every network failure as a TypeError and puts the code that tells them apart on the cause. Only an
 * error's own code: a cause that is itself a text or a number may be anything, a card's number too.
 */
function codeOfCause(thrown: unknown): string | undefined {
  const cause = fieldOfThrown(thrown, 'cause');
  return thrown instanceof Error && cause instanceof Error ? codeOfThrown(fieldOfThrown(cause, 'code')) : undefined;
}

function waitOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? Math.min(value, longestWaitMs) : undefined;
}

function statusOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599 ? value : undefined;
}
