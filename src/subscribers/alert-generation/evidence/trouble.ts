import type { JsonValue } from '../../../shared/json.ts';
import type { Worth } from './worth.ts';

/** An open task that failed an attempt, breached or stalled. */
export interface Troubled {
  /** `namespace.task`. */
  readonly kind: string;
  readonly worth: Worth | null;
  readonly group: number;
  /** Since when, by step; under `''` what concerns the task as a whole. */
  readonly steps: Map<string, number>;
  readonly traceId: string;
  /** Of the incident that it is counted in; null: of none yet. */
  incident: string | null;
}

const most = 50_000;

/** What is at risk: open tasks that are in trouble. What is beyond the limit is counted nowhere, and told. */
export class Trouble {
  readonly #tasks = new Map<string, Troubled>();
  /** Tasks that found no room. */
  overflow = 0;

  get(taskId: string): Troubled | undefined {
    return this.#tasks.get(taskId);
  }

  /** True when the task was well until now. */
  note(taskId: string, step: string, atMs: number, make: () => Omit<Troubled, 'steps' | 'incident'>): boolean {
    const known = this.#tasks.get(taskId);
    if (known !== undefined) {
      if (!known.steps.has(step)) known.steps.set(step, atMs);
      return false;
    }
    if (this.#tasks.size >= most) {
      this.overflow += 1;
      return false;
    }
    this.#tasks.set(taskId, { ...make(), steps: new Map([[step, atMs]]), incident: null });
    return true;
  }

  remove(taskId: string): Troubled | undefined {
    const known = this.#tasks.get(taskId);
    this.#tasks.delete(taskId);
    return known;
  }

  /** Of one kind of task, and not counted in an incident yet. */
  *uncounted(kind: string): Generator<readonly [taskId: string, task: Troubled]> {
    for (const entry of this.#tasks) if (entry[1].kind === kind && entry[1].incident === null) yield entry;
  }

  encode(): JsonValue {
    return [...this.#tasks].map(([taskId, { kind, worth, group, steps, traceId, incident }]) => [
      taskId,
      kind,
      worth === null ? null : [worth.currency, worth.amount],
      group,
      [...steps].map(([step, since]) => [step, since]),
      traceId,
      incident,
    ]);
  }

  restore(stored: JsonValue, sameFields: boolean): void {
    const rows = stored as unknown as [
      string,
      string,
      [string, number] | null,
      number,
      [string, number][],
      string,
      string | null,
    ][];
    for (const [taskId, kind, worth, group, steps, traceId, incident] of rows)
      this.#tasks.set(taskId, {
        kind,
        worth: worth === null ? null : { currency: worth[0], amount: worth[1] },
        group: sameFields ? group : 0,
        steps: new Map(steps),
        traceId,
        incident,
      });
  }
}
