export interface HandlerErrorOptions {
  readonly cause?: unknown;
  /** A short, stable, machine-readable code; it leaves the task with the failure. */
  readonly code?: string;
  /** An HTTP-like status; it leaves the task with the failure. */
  readonly status?: number;
}

abstract class HandlerError extends Error {
  readonly code?: string;
  readonly status?: number;

  constructor(message: string, options: HandlerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    if (options.code !== undefined) this.code = options.code;
    if (options.status !== undefined) this.status = options.status;
  }
}

/** A year. What asks for more has most likely mistaken its unit, and would never be seen again. */
export const longestWaitMs = 366 * 86_400_000;

/** Worth another attempt; `retryAfterMs` (milliseconds from now, a year at most) replaces the step's own backoff. */
export class RetryableError extends HandlerError {
  override readonly name: string = 'RetryableError';
  readonly retryAfterMs?: number;

  constructor(message: string, options: HandlerErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options);
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

/** No further attempt can help: the step fails at once, whatever its retry limit. */
export class PermanentError extends HandlerError {
  override readonly name: string = 'PermanentError';
}

/**
 * What a public error bears, also one of another copy of this package. Its name would not do: other libraries have a
 * `PublicError` of their own, whose message nobody has said may leave the task.
 */
const publicMark = Symbol.for('tasker.PublicError');

export function isPublicError(thrown: unknown): boolean {
  return thrown instanceof Error && Object.getOwnPropertyDescriptor(thrown, publicMark)?.value === true;
}

/**
 * An error whose message may leave the task, into events, logs, traces and alerts. Of every other error only
 * type, code and status do. Retried like any error unless `permanent` is set.
 */
export class PublicError extends HandlerError {
  override readonly name: string = 'PublicError';
  readonly permanent: boolean;
  readonly retryAfterMs?: number;

  constructor(
    message: string,
    options: HandlerErrorOptions & { readonly permanent?: boolean; readonly retryAfterMs?: number } = {},
  ) {
    super(message, options);
    Object.defineProperty(this, publicMark, { value: true });
    this.permanent = options.permanent ?? false;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}
