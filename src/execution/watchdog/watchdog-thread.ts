import { writeSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';

import { systemClock } from '../../shared/clock.ts';
import { BlockDetector } from './block-detector.ts';
import { describeBlock } from './describe-block.ts';
import { WatchMemory } from './watch-memory.ts';

export interface WatchdogThreadData {
  readonly buffer: SharedArrayBuffer;
  readonly limitMs: number;
  readonly lookEveryMs: number;
  /** A file descriptor, written to at once while the engine is blocked. */
  readonly tellTo: number;
}

/** Watches the engine's loop from outside. It has no loop of its own: it sleeps, looks, and sleeps again. */
function watch({ buffer, limitMs, lookEveryMs, tellTo }: WatchdogThreadData): void {
  const memory = new WatchMemory(buffer);
  const detector = new BlockDetector(limitMs);
  while (!memory.isOver) {
    const { beat } = memory;
    const stillMs = detector.look(beat, systemClock.monotonicMs());
    if (stillMs !== null) tell(tellTo, describeBlock(stillMs, memory.markBlocked(beat)));
    memory.pause(lookEveryMs);
  }
}

/** Not `process.stderr`: in a thread that goes through the very loop that is blocked. */
function tell(tellTo: number, text: string): void {
  try {
    writeSync(tellTo, `${text}\n`);
  } catch {
    // Whoever read it has gone; the fact is recorded all the same.
  }
}

if (!isMainThread) watch(workerData as WatchdogThreadData);
