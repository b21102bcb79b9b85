import type { Random } from '../../shared/ids.ts';

export interface RetryPolicy {
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** The part of a wait that chance may take off, 0 to 1: many that failed together must not come back together. */
  readonly jitter: number;
}

export const usualRetries: RetryPolicy = { firstWaitMs: 200, longestWaitMs: 30_000, jitter: 0.2 };

/**
 * Before the next try, after so many failures. Never sooner than the destination has asked for (`Retry-After`), for
 * chance takes only from what it has not asked for.
 */
export function waitMs(failures: number, askedMs: number | undefined, policy: RetryPolicy, random: Random): number {
  const grown = Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** Math.min(failures - 1, 30));
  const own = grown * (1 - policy.jitter * random.fraction());
  // Whole milliseconds: a clock that counts no smaller ones would tell times that there are not.
  return Math.ceil(Math.max(own, askedMs !== undefined && Number.isFinite(askedMs) ? askedMs : 0));
}
