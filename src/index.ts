/** The public API of `tasker`. Every name is listed by hand: what is not here is not promised. */
import './shared/require-node.ts';

// Making a tasker.
export { createTasker, type TaskerSurroundings } from './create-tasker.ts';
export {
  defineConfig,
  type LimitsInput,
  type MemoryStorageInput,
  type SqliteStorageInput,
  type SubscriberModule,
  type TaskerConfigInput,
} from './config/define-config.ts';
export type { AlertsInput, MaintenanceInput } from './config/alerts.ts';
export type { PolicyInput } from './subscribers/alert-generation/policies/policies.ts';
export type { TelemetryInput } from './config/telemetry.ts';
export type { ResolvedTracing, TracingInput } from './config/telemetry-tracing.ts';
export type { ResolvedConfig, ResolvedLimits } from './config/resolve-config.ts';
export { findConfigFile, loadConfigFile, type LoadedConfigFile } from './config/load-config-file.ts';
export type {
  AlertMatch,
  AlertSilence,
  AlertTest,
  AlertTestOptions,
  AlertView,
  Annotation,
  AnnotationInput,
  BacktestIncident,
  BacktestOptions,
  BacktestReport,
  EngineStatus,
  EventPage,
  EventQuery,
  HistoryEntry,
  ListQuery,
  OperatorAction,
  ParkedOutcome,
  ParkedPage,
  ParkedQuery,
  PendingAlert,
  ReplayOptions,
  ReplayProgress,
  RetryAction,
  RunOptions,
  SaidIncident,
  SilenceInput,
  StartOptions,
  StepView,
  StopOptions,
  StoredParkedEvent,
  SubscriberStatus,
  Tasker,
  TaskFilter,
  TaskHandle,
  TaskHistory,
  TaskPage,
  TaskRequest,
  TaskView,
  TestedRoute,
  TransactionClient,
  UncoveredHarm,
  Unregistered,
} from './tasker.ts';

// Moving a store from SQLite to PostgreSQL.
export {
  migrateStorage,
  undoStorageMigration,
  type StorageMigration,
  type StorageMigrationOptions,
  type StorageMigrationProgress,
} from './migrate-storage.ts';

// Writing tasks: templates, handlers, and the errors that handlers throw.
export { defineTask, type TaskDefinition } from './tasks/define-task.ts';
export type { StepsFunction, TaskDefinitionInput } from './tasks/task-definition.ts';
export type { TaskSteps, TypedStep } from './tasks/task-steps.ts';
export type { Jsonified } from './tasks/jsonified.ts';
export type { AnyStepHandler, StepContext, StepHandler } from './tasks/handler.ts';
export { PermanentError, PublicError, RetryableError, type HandlerErrorOptions } from './tasks/handler-errors.ts';
export { checkTemplateFile } from './tasks/load-template.ts';
export { formatProblem, type TemplateProblem } from './tasks/template-problem.ts';
export { fullTaskName, type TaskTemplate } from './tasks/template.ts';
export type { StepStatus, TaskStatus } from './tasks/states.ts';

// Writing subscribers: whatever follows the log with a checkpoint of its own.
export {
  defineSubscriber,
  type DeliverBatch,
  type StartFrom,
  type SubscriberClass,
  type SubscriberContext,
  type SubscriberDefinition,
  type SubscriberInput,
  type SubscriberOptions,
} from './subscribers/define-subscriber.ts';
export type { EventsOf, RecordedPattern } from './subscribers/event-patterns.ts';

// Writing sinks: where what operators see goes.
export { type AlertSink, defineSink, type LogSink, type Sink, type TraceSink } from './sinks/define-sink.ts';
export { ndjsonSink, type NdjsonSinkOptions } from './sinks/ndjson/ndjson-sink.ts';
export type { Deliver, Delivery, DeliveryContext } from './signals/delivery.ts';
export {
  type AlertError,
  type AlertIncident,
  type AlertNotice,
  type AlertScope,
  alertSeverities,
  type AlertSeverity,
  type MoneyByCurrency,
} from './signals/alert.ts';
export type { Span, SpanAttributes, SpanKind, SpanLink, SpanStatus, SpanValue } from './signals/span.ts';
export { type LogRecord, type LogSeverity, severityNumbers } from './signals/log-record.ts';
export type { Exemplar, MetricDefinition, MetricFamily, MetricSeries, MetricType } from './signals/metric.ts';

// Sinks of alerts.
export {
  alertmanagerSink,
  alertmanagerSinks,
  type AlertmanagerSinksOptions,
  pagerDutySink,
  slackSink,
  webhookSink,
} from './alert-sinks.ts';
export { alertLogSink, type AlertLogSinkOptions } from './sinks/alert-log/alert-log-sink.ts';
export type { AlertmanagerSinkOptions } from './sinks/alertmanager/alertmanager-options.ts';
export type { Secret } from './sinks/alerts/secret.ts';
export type { PagerDutySinkOptions } from './sinks/pagerduty/pagerduty-options.ts';
export type { SlackSinkOptions } from './sinks/slack/slack-options.ts';
export type { WebhookSinkOptions } from './sinks/webhook/webhook-options.ts';

// Reading what happened.
export {
  catalog,
  type CatalogEntry,
  catalogEntry,
  type EventName,
  isEventName,
  type LiveEventName,
  type PayloadOf,
  type RecordedEventName,
} from './events/catalog.ts';
export type {
  CustomEvent,
  HeardName,
  LiveEvent,
  LoggedEvent,
  PublishedEvent,
  RecordedEvent,
} from './events/envelope.ts';
export type { TraceChoices } from './events/trace-choices.ts';
export type { CustomEventName } from './events/custom-events.ts';
export type { CustomEntry, DirectoryEntry } from './events/event-directory.ts';
export type { EventPattern, MatchedName } from './events/pattern.ts';
export type { PayloadField } from './events/payload-fields.ts';

// Listening to what happens.
export type {
  Discovery,
  EventDescription,
  EventStream,
  Listener,
  Listeners,
  ListenOptions,
  Listening,
  OnOptions,
} from './tasker.ts';

// Errors: match on `code`.
export { errorTable, isTaskerError, TaskerError, type TaskerErrorCode } from './shared/errors.ts';
export type { DeepReadonly, JsonObject, JsonValue } from './shared/json.ts';

// Time and chance, for tests and simulations.
export { type Clock, systemClock, type Timer } from './shared/clock.ts';
export { type Random, systemRandom } from './shared/ids.ts';
