import { alertGenerationOptions, alertingParts } from './alerting-parts.ts';
import { backtestAlerts } from './backtest-alerts.ts';
import type { TaskerConfigInput } from './config/define-config.ts';
import { builtInSubscribers } from './built-in-subscribers.ts';
import { Bus } from './bus/bus.ts';
import { type Listeners, listenToAll, requireListeners } from './bus/listen.ts';
import { type ResolvedConfig, resolveConfig } from './config/resolve-config.ts';
import { EventDirectory } from './events/event-directory.ts';
import { CreateWithin } from './execution/create-within.ts';
import { Engine } from './execution/engine.ts';
import { tellRefused, tellRegistered } from './execution/handler-narration.ts';
import { LiveEvents } from './execution/live-events.ts';
import { Narration } from './execution/narration.ts';
import { tellPluginRefused, tellPluginRegistered, tellPluginUnregistered } from './execution/plugin-narration.ts';
import { Recorder } from './execution/recorder.ts';
import {
  tellSubscriberRefused,
  tellSubscriberRegistered,
  tellSubscriberUnregistered,
} from './execution/subscriber-narration.ts';
import { isShared, type Storage } from './execution/storage.ts';
import { TaskTypes } from './execution/task-types.ts';
import type { TracePolicy } from './execution/trace-policy.ts';
import { Retention, retentionName } from './log/retention.ts';
import { inOtelSpan, loadOtelApi } from './otel-context.ts';
import { everyRegistered, registerSubscribers } from './register-subscribers.ts';
import { clockFor, openStorage, referenceTo } from './open-storage.ts';
import { loadRegistrations, register, type Registration } from './register-tasks.ts';
import { Operations } from './operations-parts.ts';
import { type Clock, systemClock } from './shared/clock.ts';
import { TaskerError } from './shared/errors.ts';
import { type Random, systemRandom, uuidV7 } from './shared/ids.ts';
import { sinkSubscribers, type SinkSubscribersOptions } from './sink-subscribers.ts';
import { subscriberGroups } from './subscriber-groups.ts';
import { structuredLogging } from './structured-logging.ts';
import { closeSinks } from './sinks/close-sinks.ts';
import type { Sink } from './sinks/define-sink.ts';
import { streamOutput } from './sinks/ndjson/output.ts';
import { resolveSinks } from './sinks/resolve-sinks.ts';
import { alertDeliveryName } from './subscribers/alert-delivery/alert-delivery.ts';
import { tracingName } from './subscribers/distributed-tracing/distributed-tracing.ts';
import { exportName } from './subscribers/event-export/event-export.ts';
import type { ObserverHost } from './subscribers/observer/observer-host.ts';
import {
  type Progress,
  progressBytes,
  type ProgressResult,
  type ProgressWriter,
} from './subscribers/subscriber-store.ts';
import { Subscribers } from './subscribers/subscribers.ts';
import { AlertRequests, isAlertCommand } from './subscribers/alert-generation/alert-requests.ts';
import { testAlert } from './test-alert.ts';
import { TaskerFacade } from './tasker-facade.ts';
import type { AlertTest, AlertTestOptions, BacktestOptions, Tasker } from './tasker.ts';
import { declaredEvents } from './tasks/declared-events.ts';
import { formatProblem } from './tasks/template-problem.ts';
import { fullTaskName } from './tasks/template.ts';
import { TroubleTeller } from './trouble-teller.ts';

/** What stands around a tasker; all of it has a default. Tests and simulations bring their own time and chance. */
export interface TaskerSurroundings {
  /** What relative paths in the configuration are relative to. Default: the working directory. */
  readonly baseDir?: string;
  /** For messages: where the configuration was written. */
  readonly source?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told of what no caller waits for: warnings of templates, trouble in the background. Default: process warnings. */
  readonly onWarning?: (message: string) => void;
  /** Listen from the first moment, before `tasker.on` could be called: templates are registered by then. */
  readonly listeners?: Listeners;
  /** Stands between the engine and its storage. For fault and crash tests. */
  readonly wrapStorage?: (storage: Storage) => Storage;
}

/**
 * Opens the store, checks everything the configuration names, and gives a tasker that reads and asks. `start` makes
 * it the store's engine.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`, `TASKER_TEMPLATE_*`, `TASKER_HANDLER_NOT_FOUND`, `TASKER_STORAGE_*`.
 */
export async function createTasker(input: TaskerConfigInput, around: TaskerSurroundings = {}): Promise<Tasker> {
  const baseDir = around.baseDir ?? process.cwd();
  const config = resolveConfig(input, {
    baseDir,
    env: around.env ?? process.env,
    ...(around.source !== undefined && { source: around.source }),
  });
  const clock = clockFor(config.storage, around.clock ?? systemClock);
  const random = around.random ?? systemRandom;
  const warn = around.onWarning ?? ((message: string) => process.emitWarning(message, 'TaskerWarning'));
  const bus = new Bus(warn);
  const directory = new EventDirectory();
  listenToAll({ bus, directory }, around.listeners ?? {});
  // Ids of its own chance: listening must not change what a seeded engine does.
  const live = new LiveEvents(bus, clock, (atMs) => uuidV7(atMs, systemRandom));
  const registrations = await loadRegistrations(input, config).catch((error: unknown) => {
    tellRefused(live, error);
    throw error;
  });
  const templates = registrations.map(({ template }) => template);
  const declared = declaredEvents(templates);
  directory.declare(declared);
  requireListeners(directory, around.listeners ?? {});
  const logging = structuredLogging(config, templates);
  const sinks = registerSinks([...(input.sinks ?? []), ...(logging === null ? [] : [logging.sink])], live);
  const tracing = tracePolicy(config, sinks, around.env ?? process.env);
  const writer = Promise.withResolvers<ProgressWriter>();
  const onProblem = new TroubleTeller(clock, warn).tell;
  const alerting = alertingParts(config, templates, sinks);
  const feeding: SinkSubscribersOptions = {
    alerts: alerting?.delivery ?? null,
    logging: logging === null ? null : { sink: logging.sink.name, rules: logging.rules },
    tracing: { enabled: tracing.enabled, giveUpAfterMs: config.telemetry.tracing.giveUpAfterMs },
  };
  const builtIn = builtInSubscribers(config, templates, sinks, feeding, alerting);
  const output = streamOutput(process.stdout, 'standard output');
  const closing = [() => closeSinks(sinks, clock, onProblem)];
  const host: ObserverHost = {
    writer: { save: async (progress) => (await writer.promise).save(progress) },
    clock,
    random,
    writeOut: (text, signal) => output.write(text, signal),
    warn,
    onProblem,
    atClose: (close) => void closing.push(close),
  };
  const registered = await registerSubscribers(input, config, {
    baseDir,
    directory,
    builtIn: sinkSubscribers(builtIn.localSinks, feeding, host),
    builtInModules: builtIn.modules,
    host,
  }).catch((error: unknown) => {
    tellSubscriberRefused(live, error);
    throw error;
  });
  for (const problem of registered.warnings) warn(formatProblem(problem));
  for (const { subscriber, module } of everyRegistered(registered)) {
    const { name, handlers } = subscriber;
    tellSubscriberRegistered(live, { name, events: [...handlers.keys()], module });
  }

  const opened = await openStorage(config.storage, clock);
  const storage = around.wrapStorage?.(opened) ?? opened;
  try {
    const types = new TaskTypes(storage.templates);
    for (const registration of registrations) {
      types.register(await registerWarning(registration, storage, config.environment, warn, live));
    }
    const narration = new Narration(live, onProblem);
    const recorder = new Recorder(storage);
    const observing = {
      store: storage.subscribers,
      writer: { save: (progress: Progress) => saveAndTell(recorder, narration, progress) },
      log: storage.log,
      removedUpTo: () => storage.retention.removedUpTo(),
      clock,
      random,
      onProblem,
    };
    writer.resolve(observing.writer);
    // The engine is made after those who follow it, and asked only once it runs.
    const worker = (): string | null => (engine.joined ? engine.workerId : null);
    const subscribers = new Subscribers({
      ...observing,
      isShared: isShared(storage),
      groups: config.observers
        ? subscriberGroups(registered, {
            ...observing,
            host,
            declared,
            reference: referenceTo(config.storage, clock),
            sharing: isShared(storage) ? { leases: storage.leases, worker } : null,
          })
        : [],
      onUnregistered: (name) => tellSubscriberUnregistered(live, name, 'removed'),
    });
    const alertRequests = new AlertRequests(observing);
    recorder.onEvents = (committed) => subscribers.committed(committed);
    const retention =
      config.retentionMs === null
        ? null
        : new Retention({
            store: storage.retention,
            keepMs: config.retentionMs,
            readers: () => subscribers.readers(),
            mayRun: () => storage.leases.claim(engine.workerId, [retentionName]),
            clock,
            random,
            onRecorded: (facts, position) => narration.recorded(facts, position),
            onProblem,
          });
    const engine: Engine = new Engine({
      storage,
      recorder,
      types,
      clock,
      random,
      limits: config.limits,
      namespaces: config.namespaces,
      narration,
      tracing,
      inSpan: inOtelSpan(await loadOtelApi()),
      carryOutOther: ({ kind, body }) =>
        isAlertCommand(kind) ? alertRequests.carryOut(kind, body) : subscribers.carryOut(kind, body),
      onLapsed: () => subscribers.look(),
      beforeLeave: async () => {
        await retention?.stop();
        await subscribers.stop();
      },
      onProblem,
    });
    const operations = new Operations({
      input,
      config,
      env: around.env ?? process.env,
      engine,
      storage,
      subscribers,
      projections: config.observers ? builtIn.projections : [],
      sinks,
      host,
    });
    const afterEngine = async (): Promise<void> => {
      for (const close of closing) await close();
      output.close();
      for (const { name } of sinks) tellPluginUnregistered(live, { kind: 'sink', plugin: name });
      for (const { name } of subscribers.all) tellSubscriberUnregistered(live, name, 'stopped');
    };
    const parts = {
      retention,
      config,
      storage,
      types,
      engine,
      within: new CreateWithin({ storage, types, clock, random, limits: config.limits, tracing }),
      subscribers,
      alertRequests,
      testAlert: (test: AlertTest, options: AlertTestOptions) =>
        testAlert({ alerting, sinks, clock, random }, test, options),
      backtestAlerts: (options: BacktestOptions) =>
        backtestAlerts({ generation: alertGenerationOptions(config, templates), storage, clock }, options),
      clock,
      random,
      bus,
      directory,
      live,
      onProblem,
      operations,
      afterEngine,
    };
    return new TaskerFacade(parts);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** What subscribers record of themselves is heard like every other fact, after its commit. */
async function saveAndTell(recorder: Recorder, narration: Narration, progress: Progress): Promise<ProgressResult> {
  const result = await recorder.save(progress, progressBytes(progress));
  if (result.kind === 'saved' && 'events' in progress) narration.recorded(progress.events, result.firstPosition);
  return result;
}

/** @throws TaskerError `TASKER_CONFIG_INVALID`: tracing is asked for and would go nowhere. */
/** OpenTelemetry's own switch goes before all: whoever runs the process may have no say in its code. */
function tracePolicy(
  { telemetry: { tracing } }: ResolvedConfig,
  sinks: readonly Sink[],
  env: Readonly<Record<string, string | undefined>>,
): TracePolicy {
  const { enabled, mode, sampleRatio } = tracing;
  const hasSink = sinks.some(({ traces }) => traces !== undefined);
  if (enabled === true && !hasSink) {
    throw new TaskerError(
      'TASKER_CONFIG_INVALID',
      "telemetry.tracing.enabled: true, but no sink takes spans; add one to sinks, otlpSink() of 'tasker/otlp' for one.",
    );
  }
  const isDisabled = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  return { enabled: !isDisabled && (enabled ?? hasSink), mode, sampleRatio };
}

function registerSinks(given: readonly Sink[], live: LiveEvents): readonly Sink[] {
  try {
    const sinks = resolveSinks(given);
    for (const { name, logs, traces } of sinks) {
      const subscriber =
        logs !== undefined ? exportName(name) : traces !== undefined ? tracingName(name) : alertDeliveryName(name);
      tellPluginRegistered(live, { kind: 'sink', plugin: name, subscriber });
    }
    return sinks;
  } catch (error) {
    tellPluginRefused(live, 'sink', error);
    throw error;
  }
}

async function registerWarning(
  registration: Registration,
  storage: Storage,
  environment: string,
  warn: (message: string) => void,
  live: LiveEvents,
) {
  for (const problem of registration.warnings) warn(formatProblem(problem));
  const { type, changed } = await register(registration, storage.templates, environment).catch((error: unknown) => {
    tellRefused(live, error);
    throw error;
  });
  tellRegistered(live, registration.template, { source: registration.source, changed });
  if (changed) {
    warn(
      `${fullTaskName(registration.template)} has changed without a new version: a new revision; running tasks keep theirs.`,
    );
  }
  return type;
}
