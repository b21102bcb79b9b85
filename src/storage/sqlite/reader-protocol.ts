import type { Storage } from '../../execution/storage.ts';
import type { TaskReader } from '../../execution/task-reader.ts';
import type { EventLog } from '../../log/event-log.ts';
import { errorMessage, isTaskerError, TaskerError, type TaskerErrorCode } from '../../shared/errors.ts';
import type { Place } from './storage-errors.ts';

/** The reads that may be heavy: in a thread of their own for files, in place for `:memory:`. */
export type Reads = TaskReader & Pick<EventLog, 'read'> & Pick<Storage, 'backup'>;
export type ReadName = keyof Reads;

export interface ReaderThreadData {
  readonly place: Place;
}

export type ToReader =
  | { readonly kind: 'call'; readonly id: number; readonly name: ReadName; readonly args: readonly unknown[] }
  | { readonly kind: 'close' };

export type FromReader =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorParts };

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
