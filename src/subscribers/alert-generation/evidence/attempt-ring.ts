import type { JsonValue } from '../../../shared/json.ts';
import type { AlertError } from '../../../signals/alert.ts';

/** What may be wrong with an attempt; several may be. */
export const failed = 1;
export const stalled = 2;
export const slow = 4;

/** One attempt of a step, as far as it is judged by. */
export interface Observed {
  readonly beganMs: number;
  /** Whose it was, as an index into the groups of customers. */
  readonly group: number;
  /** Sum of `failed`, `stalled` and `slow`. */
  readonly what: number;
  readonly durationMs: number;
  /** Only where something was wrong. */
  readonly task: string;
  /** null: it did not fail. */
  readonly failure: ClassifiedError | null;
}

/** What may be told of an error, and what class of trouble it belongs to. */
export interface ClassifiedError {
  readonly errorClass: string;
  /** The handler threw it: it gave up by itself, nobody had to end it. */
  readonly isThrown: boolean;
  readonly error: AlertError;
}

const kept = 400;

/** The last attempts of a step: by number, so that a rare step is seen far back, and a busy one closely. */
export class AttemptRing {
  #attempts: Observed[] = [];

  add(attempt: Observed): void {
    this.#attempts.push(attempt);
    // Not one at a time: each removal moves all that stay.
    if (this.#attempts.length >= 2 * kept) this.#attempts = this.#attempts.slice(-kept);
  }

  /** Those that began no earlier. Of the last ones alone, however many lie here: a restart must not change what is seen. */
  since(beganMs: number): readonly Observed[] {
    return this.#attempts.slice(-kept).filter((attempt) => attempt.beganMs >= beganMs);
  }

  /** All that may be asked for: an attempt that shows its trouble late asks for those that began since it did. */
  encode(): JsonValue {
    let beforeMs = 0;
    return this.#attempts.slice(-kept).map(({ beganMs, group, what, durationMs, task, failure }) => {
      // Most begin shortly after the one before: what is kept for each step is half as long.
      const afterMs = beganMs - beforeMs;
      beforeMs = beganMs;
      return what === 0
        ? [afterMs, group, durationMs]
        : [afterMs, group, durationMs, what, task, failure as unknown as JsonValue];
    });
  }

  restore(stored: JsonValue): void {
    const rows = stored as unknown as [number, number, number, number?, string?, (ClassifiedError | null)?][];
    let beganMs = 0;
    this.#attempts = rows.map(([afterMs, group, durationMs, what = 0, task = '', failure = null]) => {
      beganMs += afterMs;
      return { beganMs, group, what, durationMs, task, failure };
    });
  }
}
