import type { JsonValue } from '../../../shared/json.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const keptMinutes = 60;
const slots = 24;
/** Fewer starts, or a shorter past, say nothing of how often something is started. */
const leastStarts = 50;
const leastPastMs = 180_000;
/** A pause must be so much longer than the longest of the last day or two. */
const longerThanUsual = 2;

export interface Silence {
  readonly sinceMs: number;
  /** How many should have started meanwhile. */
  readonly expected: number;
}

/**
 * When tasks of one kind are started, for noticing that none is. The rate that is expected is the lowest of those that
 * have been seen: of the last minutes, of the last hour and, once a day is known, of this hour of the day, so that an
 * evening is no incident. A pause that is not longer than usual is none either: what comes in batches comes in batches.
 */
export class TrafficWatch {
  /** Starts by minute, of the last hour. */
  readonly #minutes = new Map<number, number>();
  /** By hour of the day (UTC): starts per hour, of the days before. */
  readonly #hours: (number | null)[] = Array.from({ length: slots }, () => null);
  #hour = 0;
  #startsOfHour = 0;
  #hourIsWhole = false;
  #starts = 0;
  #firstMs: number | null = null;
  #lastMs: number | null = null;
  /** The longest pause of this day and of the one before. */
  #longestMs: [today: number, before: number] = [0, 0];
  #day = 0;
  /** Nobody could start anything before. */
  #watchedSinceMs = 0;

  started(atMs: number): void {
    this.#turn(atMs);
    const from = Math.max(this.#lastMs ?? atMs, this.#watchedSinceMs);
    this.#longestMs[0] = Math.max(this.#longestMs[0], atMs - from);
    const minute = Math.floor(atMs / minuteMs);
    if (!this.#minutes.has(minute)) {
      for (const old of this.#minutes.keys()) if (old <= minute - keptMinutes) this.#minutes.delete(old);
    }
    this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + 1);
    this.#startsOfHour += 1;
    this.#starts += 1;
    this.#firstMs ??= atMs;
    this.#lastMs = Math.max(atMs, this.#lastMs ?? atMs);
  }

  /** An engine has just come, and none was there: the silence before it was its absence. */
  watchedFrom(atMs: number): void {
    this.#watchedSinceMs = atMs;
  }

  /** null: it is not silent longer than it has been before. */
  silence(nowMs: number, minimumMs: number): Silence | null {
    if (this.#firstMs === null || this.#lastMs === null || this.#starts < leastStarts) return null;
    const sinceMs = Math.max(this.#lastMs, this.#watchedSinceMs);
    const silentMs = nowMs - sinceMs;
    if (this.#lastMs - this.#firstMs < leastPastMs || silentMs < minimumMs) return null;
    if (silentMs < longerThanUsual * Math.max(...this.#longestMs)) return null;
    return { sinceMs, expected: (this.rate(nowMs) * silentMs) / this.#caution() };
  }

  /** Starts per millisecond to be expected, by what was before the last start. */
  rate(nowMs: number): number {
    const last = this.#lastMs ?? 0;
    const first = this.#firstMs ?? last;
    const within = (spanMs: number): number => {
      const from = Math.max(first, last - spanMs);
      let starts = 0;
      for (const [minute, count] of this.#minutes) if ((minute + 1) * minuteMs > from) starts += count;
      // From whole minutes: the part before `from` is counted, and so is its time.
      return starts / Math.max(minuteMs, last - Math.floor(from / minuteMs) * minuteMs);
    };
    const usual = this.#hours[slotOf(nowMs)] ?? null;
    const before = this.#hours[slotOf(last)] ?? null;
    return Math.min(
      within(5 * minuteMs),
      within(keptMinutes * minuteMs),
      usual === null ? Number.POSITIVE_INFINITY : usual / hourMs,
      before === null ? Number.POSITIVE_INFINITY : before / hourMs,
    );
  }

  /** Starts since then, its own minute not. */
  startsAfter(fromMs: number): number {
    let starts = 0;
    for (const [minute, count] of this.#minutes) if (minute > Math.floor(fromMs / minuteMs)) starts += count;
    return starts;
  }

  encode(): JsonValue {
    return {
      minutes: [...this.#minutes].map(([minute, count]) => [minute, count]),
      hours: this.#hours,
      hour: [this.#hour, this.#startsOfHour, this.#hourIsWhole],
      seen: [this.#starts, this.#firstMs, this.#lastMs, this.#watchedSinceMs],
      longest: [...this.#longestMs, this.#day],
    };
  }

  restore(stored: JsonValue): void {
    const { minutes, hours, hour, seen, longest } = stored as unknown as {
      minutes: [number, number][];
      hours: (number | null)[];
      hour: [number, number, boolean];
      seen: [number, number | null, number | null, number];
      longest: [number, number, number];
    };
    for (const [minute, count] of minutes) this.#minutes.set(minute, count);
    for (const [slot, count] of hours.entries()) this.#hours[slot] = count;
    [this.#hour, this.#startsOfHour, this.#hourIsWhole] = hour;
    [this.#starts, this.#firstMs, this.#lastMs, this.#watchedSinceMs] = seen;
    this.#longestMs = [longest[0], longest[1]];
    this.#day = longest[2];
  }

  /** Traffic falls abruptly when a shop closes. Until a day is known, such an hour must not look like the end of all. */
  #caution(): number {
    if (this.#hours.some((count) => count !== null) && this.#hours[slotOf(this.#lastMs ?? 0)] !== null) return 1;
    const perSecond = this.rate(this.#lastMs ?? 0) * 1000;
    return perSecond >= 1 ? 1.6 : 4;
  }

  #turn(atMs: number): void {
    const hour = Math.floor(atMs / hourMs);
    if (hour > this.#hour) {
      if (this.#hourIsWhole) this.#learnHour(this.#hour, this.#startsOfHour);
      // Hours without a start are known too, if somebody was there to see.
      for (let idle = this.#hour + 1; this.#hour > 0 && idle < hour && hour - idle < slots; idle += 1) {
        if (idle * hourMs >= this.#watchedSinceMs) this.#learnHour(idle, 0);
      }
      this.#hourIsWhole = this.#hour > 0;
      this.#hour = hour;
      this.#startsOfHour = 0;
    }
    const day = Math.floor(atMs / (slots * hourMs));
    if (day > this.#day) {
      this.#longestMs = day === this.#day + 1 ? [0, this.#longestMs[0]] : [0, 0];
      this.#day = day;
    }
  }

  #learnHour(hour: number, starts: number): void {
    const slot = hour % slots;
    const before = this.#hours[slot] ?? null;
    this.#hours[slot] = before === null ? starts : (before + starts) / 2;
  }
}

function slotOf(atMs: number): number {
  return Math.floor(atMs / hourMs) % slots;
}
