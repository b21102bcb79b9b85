import { messageOfThrown } from './thrown.ts';

const longestMessage = 20_000;

/**
 * The one table of error codes. A code says where (`TASKER_<AREA>_<WHAT>`); `httpStatus` is what an HTTP
 * front end should answer, `retryable` whether the same call may succeed later without a change.
 */
export const errorTable = {
  TASKER_RUNTIME_NODE_TOO_OLD: { httpStatus: 500, retryable: false },
  TASKER_CONFIG_INVALID: { httpStatus: 500, retryable: false },
  TASKER_CONFIG_NOT_FOUND: { httpStatus: 500, retryable: false },
  TASKER_TEMPLATE_INVALID: { httpStatus: 422, retryable: false },
  TASKER_TEMPLATE_NOT_FOUND: { httpStatus: 404, retryable: false },
  TASKER_TEMPLATE_VERSION_CHANGED: { httpStatus: 409, retryable: false },
  TASKER_SCENARIO_INVALID: { httpStatus: 422, retryable: false },
  TASKER_HANDLER_NOT_FOUND: { httpStatus: 500, retryable: false },
  TASKER_REQUEST_INVALID: { httpStatus: 400, retryable: false },
  TASKER_CONTEXT_INVALID: { httpStatus: 400, retryable: false },
  TASKER_TRANSACTION_UNFIT: { httpStatus: 500, retryable: false },
  TASKER_TASK_NOT_FOUND: { httpStatus: 404, retryable: false },
  TASKER_STEP_NOT_FOUND: { httpStatus: 404, retryable: false },
  TASKER_TRANSITION_REFUSED: { httpStatus: 409, retryable: false },
  TASKER_STEP_RESULTS_INVALID: { httpStatus: 500, retryable: false },
  TASKER_EVENT_REFUSED: { httpStatus: 500, retryable: false },
  TASKER_ANNOTATION_INVALID: { httpStatus: 400, retryable: false },
  TASKER_ANNOTATION_REFUSED: { httpStatus: 409, retryable: false },
  TASKER_ENGINE_NOT_RUNNING: { httpStatus: 503, retryable: true },
  TASKER_ENGINE_ALREADY_RUNNING: { httpStatus: 409, retryable: true },
  TASKER_ENGINE_OCCUPIED: { httpStatus: 503, retryable: true },
  TASKER_COMMAND_NOT_APPLIED: { httpStatus: 503, retryable: true },
  TASKER_WAIT_ABORTED: { httpStatus: 499, retryable: true },
  TASKER_SUBSCRIBER_INVALID: { httpStatus: 500, retryable: false },
  TASKER_SUBSCRIBER_NOT_FOUND: { httpStatus: 404, retryable: false },
  TASKER_SUBSCRIBER_ELSEWHERE: { httpStatus: 503, retryable: true },
  TASKER_PARKED_EVENT_NOT_FOUND: { httpStatus: 404, retryable: false },
  TASKER_REPLAY_REFUSED: { httpStatus: 409, retryable: false },
  TASKER_SUBSCRIBER_BEHIND: { httpStatus: 503, retryable: true },
  TASKER_OPERATIONS_UNAVAILABLE: { httpStatus: 500, retryable: true },
  TASKER_ALERT_NOT_FOUND: { httpStatus: 404, retryable: false },
  TASKER_SINK_INVALID: { httpStatus: 500, retryable: false },
  TASKER_SINK_REJECTED: { httpStatus: 502, retryable: true },
  TASKER_STORAGE_UNAVAILABLE: { httpStatus: 503, retryable: true },
  TASKER_STORAGE_FULL: { httpStatus: 507, retryable: true },
  TASKER_STORAGE_READ_ONLY: { httpStatus: 500, retryable: false },
  TASKER_STORAGE_CORRUPT: { httpStatus: 500, retryable: false },
  TASKER_STORAGE_SCHEMA_NEWER: { httpStatus: 500, retryable: false },
  TASKER_STORAGE_MOVED: { httpStatus: 409, retryable: false },
  TASKER_STORAGE_UNFINISHED: { httpStatus: 503, retryable: false },
  TASKER_BACKUP_FAILED: { httpStatus: 409, retryable: false },
  TASKER_MIGRATION_REFUSED: { httpStatus: 409, retryable: false },
  TASKER_MIGRATION_FAILED: { httpStatus: 500, retryable: false },
  TASKER_PROJECT_FILE_EXISTS: { httpStatus: 409, retryable: false },
  TASKER_LEASE_LOST: { httpStatus: 409, retryable: true },
  TASKER_INTERNAL: { httpStatus: 500, retryable: false },
} as const satisfies Record<string, { httpStatus: number; retryable: boolean }>;

export type TaskerErrorCode = keyof typeof errorTable;

export interface TaskerErrorOptions {
  readonly cause?: unknown;
  /** Machine-readable particulars: ids, paths, expected and received values. Never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Every error that Tasker itself raises. Match on `code`, never on the message. */
export class TaskerError extends Error {
  override readonly name = 'TaskerError';
  readonly code: TaskerErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: TaskerErrorCode, message: string, options: TaskerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get httpStatus(): number {
    return errorTable[this.code].httpStatus;
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }
}

/** True for a TaskerError, also one that crossed a thread or a JSON hop and lost its class. */
export function isTaskerError(value: unknown, code?: TaskerErrorCode): value is TaskerError {
  if (typeof value !== 'object' || value === null || !('code' in value)) return false;
  const found = value.code;
  if (typeof found !== 'string' || !(found in errorTable)) return false;
  return code === undefined || found === code;
}

/** Of whatever was thrown: never throws itself. */
export function errorMessage(error: unknown): string {
  return messageOfThrown(error, longestMessage);
}
