import { createTestTasker, type TestTasker } from './test-tasker.ts';
import { TaskerError } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import type { LoggedEvent, TaskerConfigInput, TaskRequest, TaskView } from '../tasker.ts';
import type { AnyStepHandler, TaskDefinition } from '../index.ts';

export interface RunTaskOptions {
  /** By step name or handler class. For a template file, all of them; for a `defineTask`, those to put in the place of its own. */
  readonly handlers?: Readonly<Record<string, AnyStepHandler>>;
  readonly context?: JsonObject;
  /** What else the request says: correlation id, bypassed steps, … */
  readonly request?: Omit<TaskRequest, 'name' | 'namespace' | 'version' | 'context'>;
  /** Chooses the template's `environments` overrides. */
  readonly environment?: string;
  /** What relative paths are relative to. Default: the working directory. */
  readonly baseDir?: string;
  /** Ids and jitter are the same for the same seed. Default 1. */
  readonly seed?: number;
  readonly subscribers?: TaskerConfigInput['subscribers'];
  /** How much of the task's own time may pass, milliseconds. Default one hour. */
  readonly withinMs?: number;
  /**
   * Time passes although handlers are at work: for what happens to one that never settles. Without it time stands
   * still meanwhile, so that real work in a handler takes none.
   */
  readonly advanceWhileRunning?: boolean;
  /** How long handlers may really take in all, milliseconds. Default 5000. */
  readonly realTimeoutMs?: number;
}

export interface TaskRun {
  readonly task: TaskView;
  readonly status: TaskView['status'];
  /** By step, of those that have results. */
  readonly results: Readonly<Record<string, JsonValue>>;
  /** Everything recorded about the task, in order. */
  readonly events: readonly LoggedEvent[];
  /** The events as lines, for a whole story in one assertion: `step.failed pay#1 error/no`. */
  readonly story: readonly string[];
  /** Of the task's own time, from its creation, milliseconds. */
  readonly elapsedMs: number;
  readonly warnings: readonly string[];
}

const stepMs = 250;
const lookEveryMs = 5;

/**
 * Runs one task to its end in memory, on a clock that jumps over waits, and says what happened. `template`: a
 * `defineTask`, or the path of a template file.
 *
 * @throws TaskerError `TASKER_WAIT_ABORTED` when it does not end, saying what it waits for and what to do.
 */
export async function runTask(template: TaskDefinition | string, options: RunTaskOptions = {}): Promise<TaskRun> {
  const testTasker = await createTestTasker(configFor(template, options), {
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.baseDir !== undefined && { surroundings: { baseDir: options.baseDir } }),
  });
  try {
    const { tasker, clock } = testTasker;
    const [type] = tasker.templates();
    if (type === undefined) throw new TaskerError('TASKER_TEMPLATE_NOT_FOUND', 'The configuration has no template.');
    const began = clock.now();
    const { id } = await tasker.run({
      ...options.request,
      namespace: type.namespace,
      name: type.name,
      version: type.version,
      context: options.context ?? {},
    });
    const task = await ended(testTasker, id, options);
    const elapsedMs = clock.now() - began;
    await clock.advance(1000);
    const events = await testTasker.events(id);
    const withResults = task.steps.flatMap(({ name, results }) =>
      results === null || results === undefined ? [] : [[name, results as JsonValue] as const],
    );
    return {
      task,
      status: task.status,
      results: Object.fromEntries(withResults),
      events,
      story: events.map(storyLine),
      elapsedMs,
      warnings: testTasker.warnings,
    };
  } finally {
    await testTasker.stop();
  }
}

function configFor(template: TaskDefinition | string, options: RunTaskOptions): Omit<TaskerConfigInput, 'storage'> {
  const { handlers = {}, environment, subscribers } = options;
  const common = {
    ...(environment !== undefined && { environment }),
    ...(subscribers !== undefined && { subscribers }),
  };
  if (typeof template === 'string') return { ...common, templates: [template], handlers };
  const known = [...template.handlers.keys()];
  const unknown = Object.keys(handlers).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TaskerError(
      'TASKER_HANDLER_NOT_FOUND',
      `handlers: there is no step '${unknown}' to put a handler in the place of; steps are ${known.join(', ')}.`,
    );
  }
  // A stand-in is typed on its own template, as the handler was that it replaces.
  const replaced = new Map([...template.handlers, ...(Object.entries(handlers) as [string, never][])]);
  return { ...common, tasks: [{ definition: template.definition, handlers: replaced }] };
}

async function ended({ tasker, clock }: TestTasker, taskId: string, options: RunTaskOptions): Promise<TaskView> {
  const { withinMs = 3_600_000, advanceWhileRunning = false, realTimeoutMs = 5000 } = options;
  const began = clock.now();
  for (let realMs = 0; ;) {
    await clock.advance(0);
    const task = await tasker.get(taskId);
    if (task.parked !== null || !['pending', 'in_progress'].includes(task.status)) return task;
    if (tasker.status().attemptsRunning > 0 && !advanceWhileRunning) {
      if (realMs >= realTimeoutMs) throw stillRunning(task, realTimeoutMs);
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
      realMs += lookEveryMs;
      continue;
    }
    if (clock.now() - began >= withinMs) throw notEnded(task, withinMs);
    await clock.advance(stepMs);
  }
}

function stillRunning(task: TaskView, realTimeoutMs: number): TaskerError {
  const running = task.steps.filter(({ status }) => status === 'in_progress').map(({ name }) => name);
  return new TaskerError(
    'TASKER_WAIT_ABORTED',
    `After ${realTimeoutMs} ms the handler of ${running.join(', ')} has not settled. Time stands still while handlers work: give 'advanceWhileRunning: true' to see what its time limits make of it, or a longer 'realTimeoutMs'.`,
  );
}

function notEnded(task: TaskView, withinMs: number): TaskerError {
  const open = task.steps.filter(({ status }) => status !== 'complete').map(({ name, status }) => `${name}: ${status}`);
  return new TaskerError(
    'TASKER_WAIT_ABORTED',
    `After ${withinMs} ms of its own time the task is ${task.status} (${open.join(', ')}). Give a longer 'withinMs' if it is to wait that long.`,
  );
}

/** What happened, to which attempt, and how, in the words that tell cases apart. */
export function storyLine(event: LoggedEvent): string {
  const payload = event.payload as Readonly<Record<string, unknown>>;
  const subject = event.step === null ? '' : ` ${event.step}${event.attempt === null ? '' : `#${event.attempt}`}`;
  const how = (['cause', 'final', 'reason', 'action'] as const)
    .map((key) => payload[key])
    .filter((value) => typeof value === 'string' && event.name !== 'task.initialize_requested');
  return `${event.name}${subject}${how.length === 0 ? '' : ` ${how.join('/')}`}`;
}
