import type { BackoffPolicy } from './template.ts';

/** Attempts of one step that may be lost with their worker before the step counts as failed. */
export const lossLimit = 5;

/**
 * Milliseconds to wait after the `failures`-th failure (from 1): base · multiplier^(n−1), base · n, or base; capped;
 * then moved by up to ± `jitter` of itself, as `chance` in [0, 1) says, so that tasks which failed together do not
 * come back together.
 */
export function backoffMs(policy: BackoffPolicy, failures: number, chance: number): number {
  const capped = Math.min(policy.maxMs, growth(policy, failures));
  return Math.max(0, Math.round(capped * (1 + policy.jitter * (2 * chance - 1))));
}

function growth(policy: BackoffPolicy, failures: number): number {
  switch (policy.kind) {
    case 'exponential':
      return policy.baseMs * policy.multiplier ** (failures - 1);
    case 'linear':
      return policy.baseMs * failures;
    case 'constant':
      return policy.baseMs;
  }
}
