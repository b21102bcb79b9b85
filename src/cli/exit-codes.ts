import { isTaskerError, type TaskerErrorCode } from '../shared/errors.ts';
import { UsageError } from './usage-error.ts';

/** The one table of exit codes. Scripts rely on them: a number never changes its meaning. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done; of `run`: the task ended complete or resolved_manually' },
  failed: { code: 1, meaning: 'failed: an invalid template, a task that ended otherwise, an error of engine or store' },
  usage: { code: 2, meaning: 'wrong use: an unknown option, a missing argument, a request that is not acceptable' },
  notApplied: { code: 3, meaning: 'accepted, but not applied yet: no engine took it; applied at the next start' },
  notFound: { code: 4, meaning: 'no such task, step, alert, template, handler or configuration file' },
  refused: { code: 5, meaning: 'refused: the state of task, step, store or project does not allow it' },
  interrupted: { code: 130, meaning: 'interrupted before the task ended; the task is kept' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]['code'];

const byErrorCode: Partial<Record<TaskerErrorCode, keyof typeof exitCodes>> = {
  TASKER_CONFIG_NOT_FOUND: 'notFound',
  TASKER_TEMPLATE_NOT_FOUND: 'notFound',
  TASKER_HANDLER_NOT_FOUND: 'notFound',
  TASKER_TASK_NOT_FOUND: 'notFound',
  TASKER_STEP_NOT_FOUND: 'notFound',
  TASKER_ALERT_NOT_FOUND: 'notFound',
  TASKER_REQUEST_INVALID: 'usage',
  TASKER_CONTEXT_INVALID: 'usage',
  TASKER_ANNOTATION_INVALID: 'usage',
  TASKER_TEMPLATE_VERSION_CHANGED: 'refused',
  TASKER_TRANSITION_REFUSED: 'refused',
  TASKER_ANNOTATION_REFUSED: 'refused',
  TASKER_ENGINE_ALREADY_RUNNING: 'refused',
  TASKER_BACKUP_FAILED: 'refused',
  TASKER_MIGRATION_REFUSED: 'refused',
  TASKER_STORAGE_MOVED: 'refused',
  TASKER_STORAGE_UNFINISHED: 'refused',
  TASKER_PROJECT_FILE_EXISTS: 'refused',
  TASKER_COMMAND_NOT_APPLIED: 'notApplied',
  TASKER_WAIT_ABORTED: 'interrupted',
};

export function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.usage.code;
  if (!isTaskerError(error)) return exitCodes.failed.code;
  return exitCodes[byErrorCode[error.code] ?? 'failed'].code;
}
