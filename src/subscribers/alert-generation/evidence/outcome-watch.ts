import type { JsonValue } from '../../../shared/json.ts';
import { LogHistogram } from './log-histogram.ts';

const sliceMs = 30_000;
const forgetAt = 20_000;
const leastPast = 100;

interface Slice {
  completed: number;
  ended: number;
}

export interface Conversion {
  readonly now: number;
  readonly usual: number;
  readonly ended: number;
  /** Natural logarithm of how much likelier this level is than the usual one. */
  readonly evidence: number;
}

/** How tasks of one kind end: how many complete, and since when none has. */
export class OutcomeWatch {
  readonly #slices = new Map<number, Slice>();
  readonly #durations = new LogHistogram();
  /** What has left the window, which is what the window is compared with. */
  #past: Slice = { completed: 0, ended: 0 };
  #lastSuccessMs: number | null = null;
  #startedSinceSuccess = 0;
  /** When the first of them was started; null: none was. */
  #firstStartMs: number | null = null;
  /** Nothing could complete before: no engine was there. */
  #watchedSinceMs = 0;
  /** What began before is another incident's. */
  #fromMs = 0;

  started(atMs: number): void {
    this.#startedSinceSuccess += 1;
    this.#firstStartMs ??= atMs;
  }

  /** An engine has just come. */
  watchedFrom(atMs: number): void {
    this.#watchedSinceMs = atMs;
  }

  ended(atMs: number, createdMs: number, completed: boolean): void {
    if (completed) {
      this.#lastSuccessMs = atMs;
      this.#startedSinceSuccess = 0;
      this.#firstStartMs = null;
      this.#durations.add(atMs - createdMs);
    }
    if (createdMs < this.#fromMs) return;
    const index = Math.floor(atMs / sliceMs);
    const slice = this.#slices.get(index) ?? { completed: 0, ended: 0 };
    slice.ended += 1;
    slice.completed += completed ? 1 : 0;
    this.#slices.set(index, slice);
  }

  /** null: too few have ended to say anything. `keptMs`: the longest window that anybody asks for. */
  conversion(nowMs: number, windowMs: number, minimum: number, keptMs: number): Conversion | null {
    this.#age(nowMs, Math.max(windowMs, keptMs));
    const now = { completed: 0, ended: 0 };
    const past = { ...this.#past };
    for (const [index, { completed, ended }] of this.#slices) {
      const counted = isWithin(index, nowMs, windowMs) ? now : past;
      counted.completed += completed;
      counted.ended += ended;
    }
    if (now.ended < minimum || past.ended < leastPast) return null;
    const share = now.completed / now.ended;
    const usual = (past.completed + 1) / (past.ended + 2);
    const part = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b));
    const evidence = share >= usual ? 0 : now.ended * (part(share, usual) + part(1 - share, 1 - usual));
    return { now: share, usual, ended: now.ended, evidence };
  }

  /** An incident is over: those that it has hit end yet, and say nothing of what is now. */
  startOver(atMs: number): void {
    this.#fromMs = atMs;
    this.#slices.clear();
  }

  /** Since when one that was started could have completed, and none has; null: none ever has, or none was started since. */
  get withoutSuccessSinceMs(): number | null {
    if (this.#lastSuccessMs === null || this.#firstStartMs === null) return null;
    return Math.max(this.#lastSuccessMs, this.#firstStartMs, this.#watchedSinceMs);
  }

  get startedSinceSuccess(): number {
    return this.#startedSinceSuccess;
  }

  /** Milliseconds from creation to completion; null while none has completed. */
  get usualDurationMs(): number | null {
    return this.#durations.quantile(0.5);
  }

  encode(): JsonValue {
    return {
      slices: [...this.#slices].map(([index, { completed, ended }]) => [index, completed, ended]),
      durations: this.#durations.encode(),
      seen: [this.#past.completed, this.#past.ended, this.#lastSuccessMs, this.#fromMs, this.#startedSinceSuccess],
      starts: [this.#firstStartMs, this.#watchedSinceMs],
    };
  }

  restore(stored: JsonValue): void {
    const { slices, durations, seen, starts } = stored as unknown as {
      slices: [number, number, number][];
      durations: JsonValue;
      seen: [number, number, number | null, number, number];
      /** Left out by what was stored before these were. */
      starts?: [number | null, number];
    };
    for (const [index, completed, ended] of slices) this.#slices.set(index, { completed, ended });
    this.#durations.restore(durations);
    this.#past = { completed: seen[0], ended: seen[1] };
    [, , this.#lastSuccessMs, this.#fromMs, this.#startedSinceSuccess] = seen;
    [this.#firstStartMs, this.#watchedSinceMs] = starts ?? [
      this.#startedSinceSuccess > 0 ? this.#lastSuccessMs : null,
      0,
    ];
  }

  #age(nowMs: number, windowMs: number): void {
    for (const [index, { completed, ended }] of this.#slices) {
      if (isWithin(index, nowMs, windowMs)) continue;
      this.#slices.delete(index);
      this.#past.completed += completed;
      this.#past.ended += ended;
      if (this.#past.ended <= forgetAt) continue;
      this.#past.completed /= 2;
      this.#past.ended /= 2;
    }
  }
}

function isWithin(index: number, nowMs: number, windowMs: number): boolean {
  return (index + 1) * sliceMs > nowMs - windowMs;
}
