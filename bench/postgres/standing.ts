import type { LaneFigures, Load } from '../peers/lanes.ts';
import { inFlight } from '../checkout-work.ts';
import { median, quantile } from '../result.ts';
import { startLane, type Lane, type Timing } from './lane.ts';
import type { OnPostgresName, Surroundings } from '../peers/on-postgres.ts';

export const fiftyInFlight: Load = { kind: 'closed', inFlight };

/** One contender's figures over the rounds; rounds line up, so a ratio compares what ran within one round. */
export interface Standing {
  readonly label: string;
  readonly isPeer: boolean;
  readonly lane: Lane | null;
  readonly rounds: LaneFigures[];
  /** Why there are no figures, or no further ones. */
  skipped: string | null;
}

/** Tasker must run; a peer that cannot is left out, with the reason. */
export async function enter(
  name: OnPostgresName,
  label: string,
  surroundings: Surroundings,
  processes = 1,
): Promise<Standing> {
  const isPeer = !name.startsWith('tasker');
  try {
    const lane = await startLane(name, surroundings, processes);
    return { label, isPeer, lane, rounds: [], skipped: null };
  } catch (error) {
    if (!isPeer) throw error;
    return { label, isPeer, lane: null, rounds: [], skipped: (error as Error).message };
  }
}

/**
 * Rounds in which each is measured once, the others idle beside it; every other round in the opposite order, so that a
 * machine that grows slower or faster favours nobody. A first turn that is not counted lets all warm up.
 */
export async function interleave(
  standings: readonly Standing[],
  { rounds, firstMs, ...timing }: Timing & { readonly rounds: number; readonly firstMs: number },
): Promise<void> {
  for (const standing of standings) {
    // The load is shared out, and each process has to warm up by itself.
    const windowMs = firstMs * (standing.lane?.processes ?? 1);
    await take(standing, { warmUpMs: 0, windowMs }, () => undefined);
  }
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? standings : standings.toReversed();
    for (const standing of order) {
      await take(standing, timing, (figures) => {
        standing.rounds.push(figures);
        if (standing.isPeer) standing.skipped = tooFew(figures, timing.windowMs);
      });
    }
  }
}

/**
 * Of workflows that start together many end together: a window that does not see as many end as are in flight may as
 * well have seen none, and a ratio to it would say anything. Tasker's own few count: they can only make it look slower.
 */
function tooFew({ latenciesMs }: LaneFigures, windowMs: number): string | null {
  if (latenciesMs.length >= inFlight) return null;
  return `only ${latenciesMs.length} workflows ended in ${windowMs / 1000} s, too few to compare with; is the machine busy with something else?`;
}

async function take(standing: Standing, timing: Timing, keep: (figures: LaneFigures) => void): Promise<void> {
  if (standing.lane === null || standing.skipped !== null) return;
  try {
    keep(await standing.lane.measure(fiftyInFlight, timing));
  } catch (error) {
    standing.skipped = (error as Error).message;
  }
}

export async function leave(standings: readonly Standing[]): Promise<void> {
  await Promise.all(standings.flatMap(({ lane }) => (lane === null ? [] : [lane.stop()])));
}

export function rates(standing: Standing): number[] {
  return standing.rounds.map((figures) => figures.perSecond);
}

export function perSecond(standing: Standing): number {
  return Math.round(median(rates(standing)));
}

export function latencyMs({ rounds }: Standing, share: number): number {
  return hundredths(
    quantile(
      rounds.flatMap(({ latenciesMs }) => latenciesMs),
      share,
    ),
  );
}

export function rowOf(standing: Standing): string {
  return `${perSecond(standing)}/s, p50 ${latencyMs(standing, 0.5)} ms, p99 ${latencyMs(standing, 0.99)} ms`;
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
