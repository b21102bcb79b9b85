import type { FakeClock } from '../../src/testing/fake-clock.ts';

/** Lets retention sweep three times, ten minutes apart, without walking through every poll of the minutes between. */
export async function sweeps(clock: FakeClock): Promise<void> {
  for (let sweep = 0; sweep < 3; sweep += 1) {
    await clock.advance(10_000);
    clock.jump(600_000);
  }
  await clock.advance(10_000);
}
