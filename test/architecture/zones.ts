/**
 * The dependency rule as a table; ARCHITECTURE.md says it in words. A zone is a folder of `src/` or a file beside
 * them. Entries name a zone, or one file of it.
 */
export interface Zone {
  /** What its code may call. */
  readonly uses: readonly string[];
  /** What it may know by `import type` alone; what it uses it may also see. */
  readonly sees?: readonly string[];
  /** npm packages and Node's modules; `node:` stands for all of Node's. */
  readonly packages: readonly string[];
}

const vocabulary = ['shared', 'events'];

/** The data that ports carry, known to whoever implements them. */
const portTypes = [
  'execution/storage.ts',
  'execution/transactional.ts',
  'execution/task-store.ts',
  'execution/work-queue.ts',
  'execution/workers.ts',
  'execution/command-inbox.ts',
  'execution/template-store.ts',
  'execution/task-reader.ts',
  'subscribers/subscriber-leases.ts',
  'subscribers/subscriber-store.ts',
  'log/event-log.ts',
  'log/retention-store.ts',
  'tasks/states.ts',
  'tasks/task-state.ts',
];

const surroundings = ['shared', 'events', 'config', 'tasks', 'log', 'execution', 'bus'];
const publicApi = ['index.ts', 'tasker.ts', 'create-tasker.ts'];

export const zones: Readonly<Record<string, Zone>> = {
  shared: { uses: [], packages: ['node:crypto'] },
  events: { uses: ['shared'], sees: ['config'], packages: ['zod'] },
  config: { uses: ['shared'], sees: ['tasks', 'events', 'subscribers', 'sinks'], packages: ['zod', 'node:'] },

  // Pure: text and values in, values out. Reading files is for whoever calls it.
  tasks: {
    uses: ['shared', 'events/payload-parts.ts', 'events/custom-events.ts'],
    sees: ['config', 'events', 'subscribers/alert-generation/policies/policies.ts'],
    packages: ['yaml', 'zod', 'ajv', 'ajv-formats', 'node:crypto', 'node:util'],
  },
  // Of subscribers it sees what they save, as data: their writes join its group commit.
  execution: {
    uses: [...vocabulary, 'tasks', 'log'],
    sees: ['config', 'subscribers/subscriber-leases.ts', 'subscribers/subscriber-store.ts'],
    packages: ['zod', 'node:'],
  },
  log: { uses: vocabulary, sees: ['config'], packages: [] },
  bus: { uses: vocabulary, sees: ['config'], packages: ['node:'] },
  subscribers: { uses: [...vocabulary, 'log', 'bus', 'signals'], sees: ['config'], packages: ['zod', 'node:'] },

  // A sink knows what operators see and nothing of events; so neither may the words it is told in.
  signals: { uses: ['shared'], sees: ['config'], packages: ['zod'] },
  // HTTP for whoever runs the process; what it answers it is handed.
  operations: { uses: ['shared'], packages: ['node:'] },
  sinks: {
    uses: ['shared', 'signals'],
    sees: ['config'],
    packages: ['zod', 'pino', 'prom-client', '@opentelemetry', 'node:'],
  },
  storage: { uses: vocabulary, sees: ['config', ...portTypes], packages: ['better-sqlite3', 'pg', 'pg-boss', 'node:'] },

  // Runs the engine as anybody else would, on time of its own.
  lab: { uses: [...vocabulary, ...publicApi], packages: ['yaml', 'zod', 'node:'] },

  cli: { uses: [...vocabulary, ...publicApi, 'lab'], sees: ['config'], packages: ['commander', 'node:'] },
  // Whoever writes a storage is held to the ports themselves.
  testing: { uses: [...vocabulary, ...publicApi], sees: ['config', ...portTypes], packages: ['node:'] },

  // The one file that sees every folder.
  'create-tasker.ts': { uses: ['*'], packages: ['node:'] },
  // What it is made of knows the engine, and of storage, sinks and subscribers only what it is handed.
  'tasker-facade.ts': {
    uses: [
      ...surroundings,
      'tasker.ts',
      'tasker-refusals.ts',
      'tasker-alerts.ts',
      'tasker-subscribers.ts',
      'task-lookup.ts',
      'task-waiting.ts',
      'operator-words.ts',
      'stop-signals.ts',
      'task-view.ts',
      'task-history.ts',
    ],
    sees: ['subscribers', 'operations-parts.ts'],
    packages: [],
  },
  // The only file of the engine that knows OpenTelemetry, which an application need not have.
  'otel-context.ts': { uses: [], sees: ['execution'], packages: ['@opentelemetry'] },
  'tasker-subscribers.ts': {
    uses: ['check-replay-options.ts', 'tasker-refusals.ts', 'shared', 'execution'],
    sees: ['subscribers'],
    packages: [],
  },
  'tasker-alerts.ts': {
    uses: ['shared', 'execution', 'subscribers/alert-generation', 'operator-words.ts'],
    sees: ['subscribers', 'tasker.ts'],
    packages: [],
  },
  'operator-words.ts': { uses: [], sees: ['shared', 'tasker.ts'], packages: [] },
  'task-lookup.ts': {
    uses: ['shared', 'task-view.ts', 'tasker-refusals.ts'],
    sees: ['execution', 'tasks', 'tasker.ts'],
    packages: [],
  },
  'task-waiting.ts': {
    uses: ['shared', 'execution', 'tasks', 'task-view.ts', 'tasker-refusals.ts'],
    sees: ['task-lookup.ts', 'tasker.ts'],
    packages: [],
  },
  // The one place that tells storages apart.
  'open-storage.ts': { uses: ['shared', 'storage'], sees: ['config', 'execution', 'log', 'subscribers'], packages: [] },
  'migrate-storage.ts': { uses: ['storage'], packages: [] },
  // Which subscribers run on which thread, and in which of several processes.
  'subscriber-groups.ts': {
    uses: ['subscribers'],
    sees: ['events', 'open-storage.ts', 'register-subscribers.ts'],
    packages: ['node:'],
  },
  // What configuration and templates ask of alerting, and whom a test of it would reach.
  'alerting-parts.ts': {
    uses: ['shared', 'tasks', 'subscribers', 'monitored-tasks.ts'],
    sees: ['config', 'sinks'],
    packages: [],
  },
  // What alerting would have said, by the log that it is handed.
  'backtest-alerts.ts': {
    uses: ['shared', 'tasks', 'subscribers'],
    sees: ['events', 'log', 'execution', 'tasker.ts'],
    packages: [],
  },
  'test-alert.ts': {
    uses: ['shared', 'subscribers'],
    sees: ['signals', 'sinks', 'alerting-parts.ts', 'tasker.ts'],
    packages: [],
  },
  'register-subscribers.ts': {
    uses: [...surroundings, 'subscribers', 'load-subscriptions.ts', 'load-subscriber-modules.ts'],
    packages: [],
  },
  'built-in-subscribers.ts': {
    uses: ['shared', 'subscribers', 'sinks', 'monitored-tasks.ts'],
    sees: ['config', 'tasks', 'alerting-parts.ts', 'built-in-observers.ts', 'sink-subscribers.ts'],
    packages: ['node:'],
  },
  'sink-subscribers.ts': {
    uses: ['shared', 'log', 'sinks', 'subscribers'],
    sees: ['signals'],
    packages: [],
  },
  // What a thread loads for all that comes with the package.
  'built-in-observers.ts': { uses: ['sinks', 'subscribers', 'sink-subscribers.ts'], packages: [] },
  'structured-logging.ts': {
    uses: ['sinks', 'monitored-tasks.ts'],
    sees: ['config', 'tasks', 'subscribers'],
    packages: [],
  },
  'monitored-tasks.ts': { uses: ['shared', 'tasks'], sees: ['subscribers'], packages: [] },
  'operations-parts.ts': {
    uses: ['config', 'operations', 'sinks', 'scrape-metrics.ts', 'push-metrics.ts'],
    sees: ['execution', 'subscribers', 'gather-metrics.ts', 'sink-subscribers.ts'],
    packages: [],
  },
  'gather-metrics.ts': { uses: ['subscribers'], sees: ['signals', 'tasker.ts'], packages: [] },
  'scrape-metrics.ts': {
    uses: ['shared', 'sinks', 'gather-metrics.ts'],
    sees: ['config', 'operations', 'signals'],
    packages: [],
  },
  'push-metrics.ts': {
    uses: ['shared', 'sinks', 'subscribers', 'gather-metrics.ts', 'sink-subscribers.ts'],
    sees: ['signals'],
    packages: [],
  },
  'load-subscriber-modules.ts': { uses: ['shared', 'config'], sees: ['subscribers'], packages: ['node:'] },
  // The composition root of a thread that runs subscribers.
  'observer-thread.ts': {
    uses: ['shared', 'events', 'subscribers', 'open-storage.ts', 'load-subscriber-modules.ts'],
    packages: ['node:'],
  },
  'load-subscriptions.ts': { uses: [...surroundings, 'subscribers'], packages: ['node:'] },
  'register-tasks.ts': { uses: surroundings, packages: ['node:'] },
  'stop-signals.ts': { uses: [], packages: [] },
  'trouble-teller.ts': { uses: ['shared'], packages: [] },
  'check-replay-options.ts': { uses: ['shared'], sees: ['subscribers'], packages: [] },
  'tasker-refusals.ts': { uses: ['shared'], sees: ['execution'], packages: [] },
  'task-view.ts': { uses: surroundings, sees: ['tasker.ts'], packages: [] },
  'task-history.ts': { uses: surroundings, sees: ['tasker.ts'], packages: [] },

  // The public door: names by hand from anywhere but the command line; its types say nothing that runs.
  'index.ts': {
    uses: [
      'shared',
      'events',
      'config',
      'tasks',
      'subscribers',
      'signals',
      'sinks',
      'alert-sinks.ts',
      'tasker.ts',
      'create-tasker.ts',
      'migrate-storage.ts',
    ],
    packages: [],
  },
  // The second door: the sink whose packages only some need.
  'otlp.ts': { uses: ['config/otlp-environment.ts', 'sinks'], sees: ['sinks'], packages: [] },
  // Where the secrets of sinks are read.
  'alert-sinks.ts': { uses: ['shared', 'sinks', 'config/telemetry.ts'], packages: [] },
  'tasker.ts': { uses: [], sees: ['*'], packages: [] },
  'tasker-alert-types.ts': { uses: [], sees: ['*'], packages: [] },
  'tasker-engine-types.ts': { uses: [], packages: [] },
  'tasker-transaction-types.ts': { uses: [], sees: ['*'], packages: [] },
};

/** An import that the table forbids and that stands all the same. One that is no longer needed fails the test. */
export interface Exception {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export const importExceptions: readonly Exception[] = [
  {
    from: 'config/resolve-config.ts',
    to: 'tasks/nearest-name.ts',
    why: 'an unknown key is answered with the nearest right one, as in templates',
  },
  {
    from: 'tasks/check-alerts.ts',
    to: 'subscribers/alert-generation/policies/policies.ts',
    why: 'the kinds of policies and their parameters are one table, and a slip in a template is told at its line',
  },
  {
    from: 'bus/discovery.ts',
    to: 'tasks/nearest-name.ts',
    why: 'an unknown event is answered with the nearest right name, as in templates',
  },
  {
    from: 'subscribers/event-patterns.ts',
    to: 'tasks/nearest-name.ts',
    why: 'an unknown event is answered with the nearest right name, as in templates',
  },
  {
    from: 'lab/scenario/describe-issue.ts',
    to: 'tasks/nearest-name.ts',
    why: 'an unknown key is answered with the nearest right one, as in templates',
  },
  {
    from: 'lab/scenario/resolve-workflow.ts',
    to: 'tasks/nearest-name.ts',
    why: 'an unknown step is answered with the nearest right name, as in templates',
  },
  {
    from: 'lab/scenario/resolve-fault.ts',
    to: 'tasks/nearest-name.ts',
    why: 'an unknown step or customer is answered with the nearest right name, as in templates',
  },
  {
    from: 'lab/scenario/resolve-workflow.ts',
    to: 'tasks/load-template.ts',
    why: 'a scenario may name a template, whose steps the lab stands in for',
  },
  {
    from: 'storage/sqlite/event-log.ts',
    to: 'log/append.ts',
    why: 'how an event is read back is said once, beside how it is written',
  },
  {
    from: 'storage/postgres/event-log.ts',
    to: 'log/append.ts',
    why: 'how an event is read back is said once, beside how it is written',
  },
  {
    from: 'cli/run-engine.ts',
    to: 'config/storage.ts',
    why: 'where the data is, without its password, is said once',
  },
  {
    from: 'cli/commands/config.ts',
    to: 'config/storage.ts',
    why: 'where the data is, without its password, is said once',
  },
  {
    from: 'cli/session.ts',
    to: 'config/load-config-file.ts',
    why: 'public, but the door loads SQLite too, which help and `validate` do without',
  },
  {
    from: 'cli/configured-templates.ts',
    to: 'config/resolve-config.ts',
    why: '`config` and `validate` show what is in force without opening the store',
  },
  {
    from: 'cli/configured-templates.ts',
    to: 'register-tasks.ts',
    why: '`validate` and `config` load templates one by one, so that a broken one does not hide the others',
  },
  {
    from: 'cli/format/backtest-report.ts',
    to: 'signals/money.ts',
    why: 'amounts of money are said once, as notices say them',
  },
  {
    from: 'cli/commands/catalog.ts',
    to: 'tasks/declared-events.ts',
    why: '`catalog` shows what templates declare without opening the store',
  },
];

/** Imports whose target is only known at run time: no scan can follow them. */
export const computedImports: readonly Omit<Exception, 'to'>[] = [
  { from: 'config/import-module.ts', why: "loads the user's configuration and subscribers" },
];

/** Where the environment is read; everybody else is told what it said. */
export const environmentReaders = ['config', 'cli', 'create-tasker.ts', 'alert-sinks.ts'];

/** Where time and chance come from; everybody else takes a `Clock` or a `Random`. */
export const ambientSources: readonly {
  readonly file: string;
  readonly names: readonly string[];
  readonly why: string;
}[] = [
  {
    file: 'shared/clock.ts',
    names: ['Date.now', 'performance', 'setTimeout', 'setInterval'],
    why: 'the system behind `Clock`',
  },
  { file: 'shared/ids.ts', names: ['Math.random', 'randomFillSync'], why: 'the system behind `Random`' },
  {
    file: 'subscribers/observer/serve-group.ts',
    names: ['setInterval'],
    why: 'a thread of its own, in real time by nature, tells the engine how its subscribers stand',
  },
  { file: 'cli/io.ts', names: ['Date.now'], why: 'the outside world of the command line, faked in its tests' },
  { file: 'cli/main.ts', names: ['setInterval'], why: 'keeps the process alive while a command waits' },
  { file: 'cli/follow-task.ts', names: ['node:timers/promises'], why: 'polls a store that another process writes' },
  { file: 'testing/event-spy.ts', names: ['setTimeout'], why: 'a test that waits in vain must end in real time' },
  { file: 'testing/run-task.ts', names: ['setTimeout'], why: 'handlers at work take real time' },
  { file: 'cli/follow-log.ts', names: ['node:timers/promises'], why: 'polls a log that another process writes' },
  {
    file: 'cli/commands/run.ts',
    names: ['node:timers/promises'],
    why: 'waits until another process has let go of the store',
  },
  { file: 'cli/run-engine.ts', names: ['node:timers/promises'], why: 'polls until the engine has stopped' },
];
