import { inFlight } from '../checkout-work.ts';
import type { Contender } from './contender.ts';

export interface LaneFigures {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

/**
 * Keeps `inFlight` workflows going for the warm-up and then the window, and counts those that ended inside the window.
 * A window of time, not a number of workflows: contenders that differ twentyfold all get the same time to show their pace.
 */
export async function measure(contender: Contender, warmUpMs: number, windowMs: number): Promise<LaneFigures> {
  const latenciesMs: number[] = [];
  const windowBeganMs = performance.now() + warmUpMs;
  const windowEndsMs = windowBeganMs + windowMs;
  const lane = async (): Promise<void> => {
    for (;;) {
      const beganMs = performance.now();
      if (beganMs >= windowEndsMs) return;
      await contender.runOne();
      const endedMs = performance.now();
      if (endedMs >= windowBeganMs && endedMs < windowEndsMs) latenciesMs.push(endedMs - beganMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { perSecond: latenciesMs.length / (windowMs / 1000), latenciesMs };
}
