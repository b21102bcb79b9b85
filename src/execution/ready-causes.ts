import type { NewEvent } from '../log/event-log.ts';
import type { TaskState } from '../tasks/task-state.ts';

/** Remembers, per step, the event that made it ready: what the start of its next attempt was caused by. */
export class ReadyCauses {
  readonly #lastEventIds: Map<string, string>;
  readonly #byStep = new Map<string, string>();

  /** `lastEventIds`: latest event by step, and under '' of the task, as they were stored. */
  constructor(lastEventIds: ReadonlyMap<string, string>) {
    this.#lastEventIds = new Map(lastEventIds);
  }

  committed(before: TaskState | null, after: TaskState, events: readonly NewEvent[]): void {
    let latest: string | undefined;
    for (const event of events) {
      this.#lastEventIds.set(event.step ?? '', event.id);
      if (event.name !== 'step.execution_requested') latest = event.id;
    }
    if (latest === undefined) return;
    for (const [index, step] of after.steps.entries()) {
      if (step.status === 'pending' && step.readyAt !== before?.steps[index]?.readyAt)
        this.#byStep.set(step.name, latest);
    }
  }

  /** For a step that was ready before this turn. */
  of(step: string): string | undefined {
    return this.#byStep.get(step) ?? this.#lastEventIds.get(step) ?? this.#lastEventIds.get('');
  }

  /** The latest event of a step, which for a running one is the start of its attempt. */
  latest(step: string): string | undefined {
    return this.#lastEventIds.get(step);
  }
}
