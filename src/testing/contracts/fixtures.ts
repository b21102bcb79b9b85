import type { Storage } from '../../execution/storage.ts';
import type { Change, CommitResult, NewTask } from '../../execution/task-store.ts';
import type { WorkerInfo } from '../../execution/workers.ts';
import type { NewEvent } from '../../log/event-log.ts';
import type { StepState, TaskState } from '../../tasks/task-state.ts';

export interface Opened {
  readonly storage: Storage;
  /** The same data through a connection of its own, as another process has it; null where there is no such thing. */
  readonly another: (() => Promise<Storage>) | null;
  /** Lets the lease of this worker, or of every one, run out, as silence would; null where an end shows at once. */
  readonly lapse: ((workerId?: string) => Promise<void>) | null;
  readonly cleanup: () => Promise<void>;
}

/** What the storage under test can do. */
export interface Has {
  /** Second connections to the same data: tests that need one are skipped, with the reason, where not. */
  readonly another: boolean;
  /** How many workers may have joined at the same time. */
  readonly engines: 'one' | 'many';
  /** Which of the due tasks of one priority come first: those that were due first, or those that have waited longest. */
  readonly firstAmongEquals: 'due' | 'released';
}

export type Open = () => Promise<Opened>;

/** Why a test that needs `another` is not run on a storage that lacks it. */
export const oneConnectionOnly = 'this storage has one connection: nobody else can see it';

/** Why a test of workers beside each other is not run on a storage that lets only one of them join. */
export const oneEngineOnly = 'this storage has one engine at a time';

/** Why a test of that is not run on a storage that is worked on by many. */
export const manyEngines = 'this storage takes many engines';

export async function withStorage(open: Open, use: (storage: Storage, opened: Opened) => Promise<void>): Promise<void> {
  const opened = await open();
  try {
    await use(opened.storage, opened);
  } finally {
    await opened.cleanup();
  }
}

export const worker: WorkerInfo = { id: 'worker-1', pid: 4_211, host: 'shop-1', startedAt: 1_000 };

export async function joined(open: Open, use: (storage: Storage, opened: Opened) => Promise<void>): Promise<void> {
  await withStorage(open, async (storage, opened) => {
    await storage.workers.join(worker, () => []);
    await use(storage, opened);
  });
}

export function newTask(id: string, given: Partial<NewTask> = {}): NewTask {
  return {
    id,
    templateId: 'template-1',
    namespace: 'shop',
    name: 'checkout',
    version: '1.0.0',
    createdAt: 1_000,
    priority: 0,
    startAt: null,
    context: '{"cart":1}',
    request: '{"initiator":"web"}',
    correlationId: `correlation-${id}`,
    idempotencyKey: null,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    rootSpanId: 'b7ad6b7169203331',
    parentSpanId: null,
    slaDeadlineAt: null,
    ...given,
  };
}

export function stepState(name: string, given: Partial<StepState> = {}): StepState {
  return {
    name,
    status: 'pending',
    attempts: 0,
    failures: 0,
    losses: 0,
    firstReadyAt: null,
    readyAt: null,
    startedAt: null,
    finishedAt: null,
    spanId: null,
    slaDeadlineAt: null,
    slaBreachedAt: null,
    stalledAttempt: 0,
    keyGeneration: 1,
    failure: null,
    ...given,
  };
}

type OwnState = Omit<TaskState, 'steps'>;

export function taskState(given: Partial<OwnState> = {}): OwnState {
  return {
    status: 'pending',
    createdAt: 1_000,
    startAt: null,
    startedAt: null,
    endedAt: null,
    firstEndedAt: null,
    slaDeadlineAt: null,
    slaBreachedAt: null,
    parked: null,
    ...given,
  };
}

export function event(id: string, given: Partial<NewEvent> = {}): NewEvent {
  return {
    id,
    name: 'task.start_requested',
    schemaVersion: 1,
    occurredAt: 1_000,
    taskId: null,
    step: null,
    attempt: null,
    body: '{"causationId":null,"spanId":null,"parentSpanId":null,"payload":{"waitedMs":1}}',
    ...given,
  };
}

const nothing = { steps: [], errors: [], events: [], commands: [] } as const;

/** Creates a task with two steps, `a` and `b`; leased to the writer unless `release` is given. */
export function creation(id: string, given: Partial<Change> = {}): Change {
  const steps = [{ state: stepState('a', { firstReadyAt: 1_000 }) }, { state: stepState('b') }];
  return { ...nothing, taskId: id, lease: null, create: newTask(id), task: taskState(), steps, ...given };
}

export function change(taskId: string, lease: number, given: Partial<Change> = {}): Change {
  return { ...nothing, taskId, lease, ...given };
}

export async function commitOne(storage: Storage, one: Change): Promise<CommitResult | undefined> {
  return (await storage.tasks.commit([one]))[0];
}

/** Every event of the log, in order. */
export async function wholeLog(storage: Storage) {
  return (await storage.log.read({ after: 0, limit: 100_000 })).events;
}
