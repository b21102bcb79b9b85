import type { Random } from '../../index.ts';
import type { LogNormal, Weights } from '../scenario/scenario.ts';

/** A 32-bit hash of what a draw is for: the same draw gives the same number, whatever was drawn before it. */
export function keyOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    const text = typeof part === 'number' ? `#${part}` : part;
    for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ 0x1f, 0x01000193);
  }
  return hash >>> 0;
}

/** Numbers in [0, 1), the same for the same key: mulberry32. */
export class Chance {
  #state: number;

  constructor(key: number) {
    this.#state = key >>> 0;
  }

  next(): number {
    return this.#bits() / 4_294_967_296;
  }

  #bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  logNormal({ p50, p99, max }: LogNormal): number {
    return Math.min(max, p50 * Math.exp(Math.log(p99 / p50) * (this.normal() / z99)));
  }

  /** Time to the next of events that happen at a rate. */
  exponential(rate: number): number {
    return -Math.log(1 - this.next()) / rate;
  }

  pick(weights: Weights): string {
    const entries = Object.entries(weights);
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of entries) {
      left -= weight;
      if (left < 0) return value;
    }
    return entries.at(-1)?.[0] ?? '';
  }
}

/** Of the standard normal distribution, the 99th percentile. */
const z99 = 2.326_347_874;

/** For the engine's ids and jitter; four bytes a draw. */
export function seededIds(seed: number): Random {
  const chance = new Chance(keyOf('ids', seed));
  return {
    fraction: () => chance.next(),
    hex(count) {
      let text = '';
      while (text.length < 2 * count)
        text += Math.floor(chance.next() * 4_294_967_296)
          .toString(16)
          .padStart(8, '0');
      return text.slice(0, 2 * count);
    },
  };
}
