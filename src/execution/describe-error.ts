import type { PublicErrorFields } from '../events/payload-parts.ts';
import { PermanentError, PublicError, RetryableError } from '../tasks/handler-errors.ts';

export interface DescribedError {
  /** What may be told. */
  readonly public: PublicErrorFields;
  /** What stays in the task store. */
  readonly private: { readonly type: string; readonly message: string; readonly stack: string | null };
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;
}

// Class names and codes become labels and search keys; anything else in their place could carry a message.
const safeType = /^[A-Za-z_$][\w$.:]{0,63}$/;
const safeCode = /^[A-Za-z0-9_.:-]{1,64}$/;
// Error numbers are small; a larger one is more likely an account's or a customer's.
const maxCode = 99_999;
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
  const fields: Readonly<Record<string, unknown>> = typeof thrown === 'object' && thrown !== null ? { ...thrown } : {};
  const error = thrown instanceof Error ? thrown : null;
  const type = typeOf(thrown, error);
  const status = numberOf(fields['status']) ?? numberOf(fields['statusCode']);
  const code = codeOf(fields['code']) ?? codeOfCause(error?.cause);
  const message = truncate(error ? error.message : safeString(thrown), maxMessageChars);
  const isPublic = isA(thrown, PublicError, 'PublicError');
  const retryAfterMs = fields['retryAfterMs'];
  return {
    public: {
      type,
      ...(code !== undefined && { code }),
      ...(status !== undefined && { status }),
      ...(isPublic && { message }),
    },
    private: { type, message, stack: error?.stack === undefined ? null : truncate(error.stack, maxStackChars) },
    permanent: isA(thrown, PermanentError, 'PermanentError') || (isPublic && fields['permanent'] === true),
    retryAfterMs:
      (isPublic || isA(thrown, RetryableError, 'RetryableError')) &&
      typeof retryAfterMs === 'number' &&
      Number.isFinite(retryAfterMs)
        ? retryAfterMs
        : undefined,
  };
}

// Also by name: a handler may have its error classes from another copy of the package.
function isA(thrown: unknown, kind: new (message: string) => Error, name: string): boolean {
  return thrown instanceof kind || (thrown instanceof Error && thrown.name === name);
}

function typeOf(thrown: unknown, error: Error | null): string {
  if (error === null) return thrown === null ? 'null' : typeof thrown;
  const name = error.name === 'Error' ? error.constructor.name : error.name;
  return safeType.test(name) ? name : '_OTHER';
}

function codeOf(value: unknown): string | undefined {
  if (typeof value === 'string' && safeCode.test(value)) return value;
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= maxCode ? String(value) : undefined;
}

/**
 * fetch() reports every network failure as a TypeError and puts the code that tells them apart on the cause. Only an
 * error's own code: a cause that is itself a text or a number may be anything, a card's number too.
 */
function codeOfCause(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? codeOf(cause.code) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599 ? value : undefined;
}

function safeString(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'a value that cannot be shown';
  }
}

function truncate(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}
