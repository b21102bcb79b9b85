import { errorMessage, isTaskerError, type TaskerErrorCode } from '../shared/errors.ts';
import { exitCodeFor, type ExitCode } from './exit-codes.ts';
import { paintFor } from './format/paint.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** What to do about it, where the message alone does not say. */
const hintsByCode: Partial<Record<TaskerErrorCode, readonly string[]>> = {
  TASKER_CONFIG_NOT_FOUND: ["write a tasker.config.ts, or name one with '--config FILE'"],
  TASKER_CONFIG_INVALID: ["'tasker config' prints what is in force, once it loads"],
  TASKER_TEMPLATE_INVALID: ["'tasker validate FILE' checks a template alone"],
  TASKER_TEMPLATE_NOT_FOUND: ["'tasker config' lists the templates; the running engine knows those of its own start"],
  TASKER_HANDLER_NOT_FOUND: ["'tasker validate --handlers' lists every handler that is missing"],
  TASKER_TASK_NOT_FOUND: ["'tasker tasks' lists them"],
  TASKER_STEP_NOT_FOUND: ["'tasker show TASK' lists the task's steps"],
  TASKER_TRANSITION_REFUSED: ["'tasker show TASK' says which state it is in"],
  TASKER_ENGINE_NOT_RUNNING: ["start an engine with 'tasker start'"],
  TASKER_ENGINE_ALREADY_RUNNING: ['the store has an engine: stop that one first, or leave the work to it'],
};

/** Tells of an error on stderr, for people or as JSON, and says which exit code it stands for. */
export function reportError(error: unknown, io: Io, json: boolean): ExitCode {
  const exitCode = exitCodeFor(error);
  const code = error instanceof UsageError || isTaskerError(error) ? error.code : 'TASKER_INTERNAL';
  const hints = hintsFor(error);
  if (json) {
    const details = isTaskerError(error) ? error.details : {};
    const report = { error: { code, message: errorMessage(error), hints, details, exitCode } };
    io.stderr.write(`${JSON.stringify(report)}\n`);
    return exitCode;
  }
  const paint = paintFor(io.stderr, io);
  io.stderr.write(`${paint('red', 'error')} ${paint('bold', code)}: ${errorMessage(error)}\n`);
  for (const hint of hints) io.stderr.write(`  ${paint('dim', 'hint:')} ${hint}\n`);
  if (io.env['TASKER_DEBUG']) io.stderr.write(`${describeFully(error)}\n`);
  return exitCode;
}

function hintsFor(error: unknown): readonly string[] {
  if (error instanceof UsageError) return error.hints;
  if (isTaskerError(error, 'TASKER_TEMPLATE_NOT_FOUND') && 'file' in error.details)
    return ['a path is relative to the working directory'];
  if (isTaskerError(error)) return hintsByCode[error.code] ?? [];
  return ["this is a defect of Tasker or of a handler's module; TASKER_DEBUG=1 shows where it comes from"];
}

function describeFully(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${describeFully(error.cause)}`;
}
