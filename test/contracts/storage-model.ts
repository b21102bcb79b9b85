import type {
  AnnotationRow,
  Change,
  CommitResult,
  NewTask,
  Schedule,
  StoredTask,
} from '../../src/execution/task-store.ts';
import type { Has } from '../../src/testing/contracts/fixtures.ts';
import type { NewEvent } from '../../src/log/event-log.ts';
import type { StepState, TaskState } from '../../src/tasks/task-state.ts';

interface ModelTask {
  readonly task: NewTask;
  own: Omit<TaskState, 'steps'>;
  readonly steps: Map<string, StepState>;
  readonly results: Map<string, string>;
  readonly lastEventIds: Map<string, string>;
  readonly annotations: AnnotationRow[];
  token: number;
  held: boolean;
  schedule: Schedule;
  /** The group in which it was given back. */
  releasedIn: number;
}

export interface Place {
  readonly priority: number;
  /** When it is due, or in which group it was given back. */
  readonly at: number;
}

const nothingToDo: Schedule = { dueAt: null, deadlineAt: null };

/** What a storage with one engine must do, in maps: the contract again, without a database. */
export class StorageModel {
  readonly tasks = new Map<string, ModelTask>();
  readonly log: NewEvent[] = [];
  readonly #firstAmongEquals: Has['firstAmongEquals'];
  #group = 0;

  constructor(firstAmongEquals: Has['firstAmongEquals']) {
    this.#firstAmongEquals = firstAmongEquals;
  }

  /** The changes that follow are written together. */
  beginGroup(): void {
    this.#group += 1;
  }

  commit(change: Change): CommitResult['kind'] {
    const kind = change.create === undefined ? this.#update(change) : this.#create(change, change.create);
    if (kind !== 'committed') return kind;
    const task = this.tasks.get(change.taskId);
    task?.annotations.push(...(change.annotations ?? []));
    for (const event of change.events) {
      this.log.push(event);
      task?.lastEventIds.set(event.step ?? '', event.id);
    }
    return kind;
  }

  stored(id: string): StoredTask | null {
    const found = this.tasks.get(id);
    if (found === undefined) return null;
    const { task, own, steps, results, lastEventIds, annotations } = found;
    return { task, state: { ...own, steps: [...steps.values()] }, results, lastEventIds, annotations };
  }

  /** What could be taken by then, in the order in which it is given out; that of equals is left open. */
  ready(by: keyof Schedule, now: number): readonly Place[] {
    return [...this.tasks.values()]
      .filter((task) => !task.held)
      .filter(({ schedule }) => (schedule[by] ?? Infinity) <= now)
      .flatMap((task) => this.placeOf(task.task.id, by) ?? [])
      .toSorted((a, b) => b.priority - a.priority || a.at - b.at);
  }

  /** Deadlines have no priority: they are watched, not run. */
  placeOf(id: string, by: keyof Schedule): Place | null {
    const task = this.tasks.get(id);
    const at = task?.schedule[by] ?? null;
    if (task === undefined || at === null) return null;
    if (by === 'deadlineAt') return { priority: 0, at };
    return { priority: task.task.priority, at: this.#firstAmongEquals === 'due' ? at : task.releasedIn };
  }

  nextAt(): number | null {
    return [...this.#free('dueAt'), ...this.#free('deadlineAt')].toSorted((a, b) => a - b)[0] ?? null;
  }

  take(id: string): number | null {
    const task = this.tasks.get(id);
    if (task === undefined || task.held) return null;
    task.token += 1;
    task.held = true;
    task.schedule = nothingToDo;
    return task.token;
  }

  #free(by: keyof Schedule): readonly number[] {
    return [...this.tasks.values()]
      .filter((task) => !task.held)
      .map((task) => task.schedule[by])
      .filter((at) => at !== null)
      .toSorted((a, b) => a - b);
  }

  #create(change: Change, create: NewTask): CommitResult['kind'] {
    const sameKey = ({ task }: ModelTask): boolean =>
      task.idempotencyKey === create.idempotencyKey && task.name === create.name;
    if (create.idempotencyKey !== null && [...this.tasks.values()].some(sameKey)) return 'duplicate';
    if (this.tasks.has(create.id) || change.task === undefined) return 'failed';
    this.tasks.set(create.id, {
      task: create,
      own: change.task,
      steps: new Map(change.steps.map((row) => [row.state.name, row.state])),
      results: new Map(
        change.steps.flatMap((row) => (row.results === undefined ? [] : [[row.state.name, row.results]])),
      ),
      lastEventIds: new Map(),
      annotations: [],
      token: 1,
      held: change.release === undefined,
      schedule: change.release ?? nothingToDo,
      releasedIn: this.#group,
    });
    const created = this.tasks.get(create.id);
    if (created !== undefined && !created.held) created.token = 0;
    return 'committed';
  }

  #update(change: Change): CommitResult['kind'] {
    const task = this.tasks.get(change.taskId);
    if (task === undefined || !task.held || task.token !== change.lease) return 'lease_lost';
    if (change.steps.some((row) => !task.steps.has(row.state.name))) return 'failed';
    if (change.task !== undefined) task.own = change.task;
    for (const row of change.steps) {
      task.steps.set(row.state.name, row.state);
      if (row.results !== undefined) task.results.set(row.state.name, row.results);
    }
    if (change.release !== undefined) {
      task.held = false;
      task.schedule = change.release;
      task.releasedIn = this.#group;
    }
    return 'committed';
  }
}
