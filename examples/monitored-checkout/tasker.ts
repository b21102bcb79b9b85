// The one door to the engine: in a project of your own, replace the path by 'tasker'.
export {
  createTasker,
  defineSink,
  defineSubscriber,
  defineTask,
  isTaskerError,
  PermanentError,
  PublicError,
  RetryableError,
} from '../../src/index.ts';
export type {
  AlertIncident,
  AlertNotice,
  JsonObject,
  LoggedEvent,
  RecordedEvent,
  RecordedEventName,
  StepContext,
  StepHandler,
  SubscriberDefinition,
  Tasker,
} from '../../src/index.ts';
