import type { AnnotationRow, AttemptError, Change, NewTask, Schedule, StepRow } from '../../execution/task-store.ts';
import { TaskerError } from '../../shared/errors.ts';
import type { TaskState } from '../../tasks/task-state.ts';
import { failureText } from '../rows.ts';
import type { PlacedEvent } from './append-events.ts';
import { booleanArray, float8Array, integerArray, textArray } from './binary-arrays.ts';
import { storableText } from './storable-text.ts';

type OwnState = Omit<TaskState, 'steps'>;

interface Placed {
  /** The place of its change in the group, from 1. */
  readonly at: number;
}

interface Creation extends Placed {
  readonly task: NewTask;
  readonly own: OwnState;
  readonly release: Schedule | undefined;
}

interface Update extends Placed {
  readonly change: Change;
  readonly own: OwnState | undefined;
  readonly release: Schedule | undefined;
}

interface Step extends Placed {
  readonly taskId: string;
  /** null: it is there already. */
  readonly ordinal: number | null;
  readonly row: StepRow;
}

interface Command extends Placed {
  readonly id: string;
  readonly outcome: string;
}

/** Changes of distinct tasks, sorted into the rows that the commit function takes. */
export class ChangeRows {
  readonly #creations: Creation[] = [];
  readonly #updates: Update[] = [];
  /** Of nothing but steps: the task's own row is only looked at. */
  readonly #looks: Update[] = [];
  readonly #steps: Step[] = [];
  readonly #commands: Command[] = [];
  readonly #errors: object[] = [];
  readonly #annotations: object[] = [];
  readonly events: PlacedEvent[] = [];

  constructor(changes: readonly Change[]) {
    for (const [index, change] of changes.entries()) this.#add(index + 1, change);
  }

  /** In the order of the function's parameters up to its events. */
  columns(): readonly Buffer[] {
    return [
      ...creationColumns(this.#creations),
      ...updateColumns(this.#updates),
      integerArray(this.#looks, ({ at }) => at),
      textArray(this.#looks, ({ change }) => change.taskId),
      integerArray(this.#looks, ({ change }) => change.lease),
      ...stepColumns(this.#steps),
      integerArray(this.#commands, ({ at }) => at),
      textArray(this.#commands, ({ id }) => id),
      textArray(this.#commands, ({ outcome }) => outcome),
    ];
  }

  /** JSON; null when there are none. */
  get errors(): string | null {
    return this.#errors.length === 0 ? null : JSON.stringify(this.#errors);
  }

  get annotations(): string | null {
    return this.#annotations.length === 0 ? null : JSON.stringify(this.#annotations);
  }

  #add(at: number, change: Change): void {
    const { taskId, create, task: own, release } = change;
    if (create !== undefined) {
      if (own === undefined)
        throw new TaskerError('TASKER_INTERNAL', `Task '${create.id}' is created without its state.`);
      this.#creations.push({ at, task: create, own, release });
    } else {
      const rows = own === undefined && release === undefined ? this.#looks : this.#updates;
      rows.push({ at, change, own, release });
    }
    for (const [ordinal, row] of change.steps.entries()) {
      this.#steps.push({ at, taskId, ordinal: create === undefined ? null : ordinal, row });
    }
    for (const event of change.events) this.events.push({ at, event });
    for (const error of change.errors) this.#errors.push({ at, taskId, ...storable(error) });
    for (const note of change.annotations ?? []) this.#annotations.push({ at, taskId, ...notedRow(note) });
    if (change.commands.length > 0) {
      const outcome = JSON.stringify({ kind: 'applied', taskId });
      for (const id of change.commands) this.#commands.push({ at, id, outcome });
    }
  }
}

function creationColumns(rows: readonly Creation[]): readonly Buffer[] {
  return [
    integerArray(rows, ({ at }) => at),
    textArray(rows, ({ task }) => task.id),
    textArray(rows, ({ task }) => task.templateId),
    textArray(rows, ({ task }) => task.namespace),
    textArray(rows, ({ task }) => task.name),
    textArray(rows, ({ task }) => task.version),
    float8Array(rows, ({ task }) => task.createdAt),
    textArray(rows, ({ task }) => task.context),
    textArray(rows, ({ task }) => task.request),
    textArray(rows, ({ task }) => task.correlationId),
    textArray(rows, ({ task }) => task.idempotencyKey),
    textArray(rows, ({ task }) => task.traceId),
    textArray(rows, ({ task }) => task.rootSpanId),
    textArray(rows, ({ task }) => task.parentSpanId),
    float8Array(rows, ({ task }) => task.slaDeadlineAt),
    integerArray(rows, ({ task }) => task.priority),
    float8Array(rows, ({ task }) => task.startAt),
    ...ownColumns(rows),
    booleanArray(rows, ({ release }) => release !== undefined),
    float8Array(rows, ({ release }) => release?.dueAt),
    float8Array(rows, ({ release }) => release?.deadlineAt),
  ];
}

function updateColumns(rows: readonly Update[]): readonly Buffer[] {
  return [
    integerArray(rows, ({ at }) => at),
    textArray(rows, ({ change }) => change.taskId),
    integerArray(rows, ({ change }) => change.lease),
    booleanArray(rows, ({ own }) => own !== undefined),
    ...ownColumns(rows),
    booleanArray(rows, ({ release }) => release !== undefined),
    float8Array(rows, ({ release }) => release?.dueAt),
    float8Array(rows, ({ release }) => release?.deadlineAt),
  ];
}

function ownColumns(rows: readonly { readonly own: OwnState | undefined }[]): readonly Buffer[] {
  return [
    textArray(rows, ({ own }) => own?.status),
    float8Array(rows, ({ own }) => own?.startedAt),
    float8Array(rows, ({ own }) => own?.endedAt),
    float8Array(rows, ({ own }) => own?.firstEndedAt),
    float8Array(rows, ({ own }) => own?.slaBreachedAt),
    textArray(rows, ({ own }) => own?.parked),
  ];
}

function stepColumns(rows: readonly Step[]): readonly Buffer[] {
  return [
    integerArray(rows, ({ at }) => at),
    textArray(rows, ({ taskId }) => taskId),
    textArray(rows, ({ row }) => row.state.name),
    integerArray(rows, ({ ordinal }) => ordinal),
    textArray(rows, ({ row }) => row.state.status),
    integerArray(rows, ({ row }) => row.state.attempts),
    integerArray(rows, ({ row }) => row.state.failures),
    integerArray(rows, ({ row }) => row.state.losses),
    float8Array(rows, ({ row }) => row.state.firstReadyAt),
    float8Array(rows, ({ row }) => row.state.readyAt),
    float8Array(rows, ({ row }) => row.state.startedAt),
    float8Array(rows, ({ row }) => row.state.finishedAt),
    textArray(rows, ({ row }) => row.state.spanId),
    float8Array(rows, ({ row }) => row.state.slaDeadlineAt),
    float8Array(rows, ({ row }) => row.state.slaBreachedAt),
    integerArray(rows, ({ row }) => row.state.stalledAttempt),
    integerArray(rows, ({ row }) => row.state.keyGeneration),
    textArray(rows, ({ row }) => failureText(row.state)),
    textArray(rows, ({ row }) => row.results),
  ];
}

function storable({ step, attempt, type, message, stack }: AttemptError): object {
  return { step, attempt, type: storableText(type), message: storableText(message), stack: storableText(stack) };
}

function notedRow({ at, by, step, attempt, key, value }: AnnotationRow): object {
  return { noted_at: at, by: storableText(by), step, attempt, key: storableText(key), value };
}
