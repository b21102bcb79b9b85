// The one door to the engine: in a project of your own, replace the paths by 'tasker'.
export { PermanentError, PublicError, RetryableError } from '../../src/tasks/handler-errors.ts';
export type { StepContext, StepHandler } from '../../src/tasks/handler.ts';
