import type { Contender } from './contender.ts';

/** `closed`: so many at any moment; the next starts when one ends. `open`: so many start a second, whatever becomes of those before. */
export type Load =
  | { readonly kind: 'closed'; readonly inFlight: number }
  | { readonly kind: 'open'; readonly perSecond: number };

export interface LaneFigures {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

/**
 * Puts the load on for the warm-up and then the window, and counts the workflows that ended inside the window.
 * A window of time, not a number of workflows: contenders that differ twentyfold all get the same time to show their pace.
 * Latencies are those of the workflows counted; of an open load, of all that were due in the window, however late they ended.
 */
export async function measure(
  contender: Contender,
  load: Load,
  { warmUpMs, windowMs }: { warmUpMs: number; windowMs: number },
): Promise<LaneFigures> {
  const latenciesMs: number[] = [];
  const beganMs = performance.now();
  const windowBeganMs = beganMs + warmUpMs;
  const windowEndsMs = windowBeganMs + windowMs;
  const isInside = (atMs: number): boolean => atMs >= windowBeganMs && atMs < windowEndsMs;
  let ended = 0;
  const runFrom = async (startedMs: number): Promise<void> => {
    await contender.runOne();
    const endedMs = performance.now();
    if (isInside(endedMs)) ended += 1;
    if (isInside(load.kind === 'closed' ? endedMs : startedMs)) latenciesMs.push(endedMs - startedMs);
  };
  const lane = async (): Promise<void> => {
    for (let nowMs = performance.now(); nowMs < windowEndsMs; nowMs = performance.now()) await runFrom(nowMs);
  };
  if (load.kind === 'closed') await Promise.all(Array.from({ length: load.inFlight }, lane));
  else await startOnTime(beganMs, windowEndsMs, 1000 / load.perSecond, runFrom);
  return { perSecond: ended / (windowMs / 1000), latenciesMs };
}

/** A start counts from the moment it was due: a contender that holds the loop up may not hide that by starting late. */
async function startOnTime(
  fromMs: number,
  untilMs: number,
  everyMs: number,
  run: (dueMs: number) => Promise<void>,
): Promise<void> {
  const runs: Promise<void>[] = [];
  for (let dueMs = fromMs; dueMs < untilMs; dueMs += everyMs) {
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    runs.push(run(dueMs));
  }
  await Promise.all(runs);
}
