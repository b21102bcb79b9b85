import { setTimeout } from 'node:timers/promises';

/** Looks again and again: for what another thread does in its own time. The test's own time limit ends it. */
export async function until<T>(look: () => Promise<T | false | null>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== null) return seen;
    await setTimeout(5);
  }
}
