import type { TaskFact } from '../tasks/task-fact.ts';

export interface EndedBatch {
  readonly steps: string[];
  readonly failedSteps: string[];
}

interface Batch extends EndedBatch {
  readonly open: Set<string>;
}

/** Which of the attempts that one pass began together are still under way. Kept only while somebody wants to know. */
export class Batches {
  readonly #of = new WeakMap<object, Batch[]>();

  begin(task: object, steps: readonly string[]): void {
    const batches = this.#of.get(task) ?? [];
    batches.push({ steps: [...steps], failedSteps: [], open: new Set(steps) });
    this.#of.set(task, batches);
  }

  /** The batch whose last attempt ends with this fact. */
  endedBy(task: object, fact: TaskFact): EndedBatch | null {
    if (fact.step === undefined || !endsAttempt.has(fact.name)) return null;
    const batches = this.#of.get(task) ?? [];
    const place = batches.findIndex((batch) => batch.open.has(fact.step ?? ''));
    const batch = batches[place];
    if (batch === undefined) return null;
    batch.open.delete(fact.step);
    if (fact.name !== 'step.completed') batch.failedSteps.push(fact.step);
    if (batch.open.size > 0) return null;
    batches.splice(place, 1);
    return { steps: batch.steps, failedSteps: batch.failedSteps };
  }
}

const endsAttempt: ReadonlySet<string> = new Set(['step.completed', 'step.failed', 'step.cancelled']);
