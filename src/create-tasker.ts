import type { TaskerConfigInput } from './config/define-config.ts';
import { Bus } from './bus/bus.ts';
import { type Listeners, listenToAll, requireListeners } from './bus/listen.ts';
import { resolveConfig } from './config/resolve-config.ts';
import { EventDirectory } from './events/event-directory.ts';
import { Engine } from './execution/engine.ts';
import { tellRefused, tellRegistered } from './execution/handler-narration.ts';
import { LiveEvents } from './execution/live-events.ts';
import { Narration } from './execution/narration.ts';
import { tellPluginRefused, tellPluginRegistered, tellPluginUnregistered } from './execution/plugin-narration.ts';
import { Recorder } from './execution/recorder.ts';
import type { Storage } from './execution/storage.ts';
import { TaskTypes } from './execution/task-types.ts';
import { loadSubscriptions } from './load-subscriptions.ts';
import { loadRegistrations, register, type Registration } from './register-tasks.ts';
import { type Clock, systemClock } from './shared/clock.ts';
import { type Random, systemRandom, uuidV7 } from './shared/ids.ts';
import { closeSinks } from './sinks/close-sinks.ts';
import type { Sink } from './sinks/define-sink.ts';
import { resolveSinks } from './sinks/resolve-sinks.ts';
import { openSqlite } from './storage/sqlite/open-sqlite.ts';
import { eventExport, exportName } from './subscribers/event-export/event-export.ts';
import { resolveSubscribers } from './subscribers/resolve-subscriber.ts';
import { type Progress, progressBytes, type ProgressResult } from './subscribers/subscriber-store.ts';
import { Subscribers } from './subscribers/subscribers.ts';
import { TaskerFacade } from './tasker-facade.ts';
import type { Tasker } from './tasker.ts';
import { declaredEvents } from './tasks/declared-events.ts';
import { formatProblem } from './tasks/template-problem.ts';
import { fullTaskName } from './tasks/template.ts';

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
  const config = resolveConfig(input, {
    baseDir: around.baseDir ?? process.cwd(),
    env: around.env ?? process.env,
    ...(around.source !== undefined && { source: around.source }),
  });
  const clock = around.clock ?? systemClock;
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
  directory.declare(declaredEvents(registrations.map(({ template }) => template)));
  requireListeners(directory, around.listeners ?? {});
  const sinks = registerSinks(input.sinks ?? [], live);
  const exports = sinks.map(({ name, logs }) => eventExport({ sink: name, deliver: logs, clock }));
  const subscriptions = await loadSubscriptions(input, config, directory);
  for (const problem of subscriptions.warnings) warn(formatProblem(problem));
  const given = [...(input.subscribers ?? []), ...subscriptions.enabled, ...exports];
  const resolvedSubscribers = resolveSubscribers(given, directory);

  const { storage: chosen } = config;
  const opened =
    chosen.kind === 'memory'
      ? await openSqlite({ file: ':memory:', maxBytes: null, clock })
      : await openSqlite({ file: chosen.file, maxBytes: chosen.maxBytes, clock });
  const storage = around.wrapStorage?.(opened) ?? opened;
  try {
    const types = new TaskTypes(storage.templates);
    for (const registration of registrations) {
      types.register(await registerWarning(registration, storage, config.environment, warn, live));
    }
    const onProblem = (error: unknown): void => warn(error instanceof Error ? error.message : String(error));
    const narration = new Narration(live, onProblem);
    const recorder = new Recorder(storage);
    const subscribers = new Subscribers({
      resolved: resolvedSubscribers,
      store: storage.subscribers,
      writer: { save: (progress) => saveAndTell(recorder, narration, progress) },
      log: storage.log,
      clock,
      random,
      onProblem,
    });
    recorder.onEvents = () => subscribers.committed();
    const engine = new Engine({
      storage,
      recorder,
      types,
      clock,
      random,
      limits: config.limits,
      narration,
      carryOutOther: ({ kind, body }) => subscribers.carryOut(kind, body),
      beforeLeave: () => subscribers.stop(),
      onProblem,
    });
    const afterEngine = async (): Promise<void> => {
      await closeSinks(sinks, clock, onProblem);
      for (const { name } of sinks) tellPluginUnregistered(live, { kind: 'sink', plugin: name });
    };
    const parts = {
      config,
      storage,
      types,
      engine,
      subscribers,
      clock,
      random,
      bus,
      directory,
      live,
      onProblem,
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

function registerSinks(given: readonly Sink[], live: LiveEvents): readonly Sink[] {
  try {
    const sinks = resolveSinks(given);
    for (const { name } of sinks) {
      tellPluginRegistered(live, { kind: 'sink', plugin: name, subscriber: exportName(name) });
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
