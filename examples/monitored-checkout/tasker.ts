// The one door to the engine: in a project of your own, replace the path by 'tasker'.
export {
  createTasker,
  defineSubscriber,
  defineTask,
  isTaskerError,
  PermanentError,
  PublicError,
  RetryableError,
} from '../../src/index.ts';
export type {
  JsonObject,
  LoggedEvent,
  StepContext,
  StepHandler,
  SubscriberDefinition,
  Tasker,
} from '../../src/index.ts';
