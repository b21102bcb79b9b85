import { errorMessage, isTaskerError, TaskerError, type TaskerErrorCode } from './errors.ts';

/** An error's parts that survive the way between threads, which would lose its class. */
export interface ErrorParts {
  readonly code: TaskerErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export function takeApart(error: unknown): ErrorParts {
  if (isTaskerError(error)) return { code: error.code, message: error.message, details: error.details };
  return { code: 'TASKER_INTERNAL', message: errorMessage(error), details: {} };
}

export function putTogether({ code, message, details }: ErrorParts): TaskerError {
  return new TaskerError(code, message, { details });
}
