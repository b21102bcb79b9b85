import type { PolicyKindName } from './policies.ts';

const place = '{policy}';

/**
 * Where the runbook of a kind of policy is. `{policy}` in what is configured stands for the kind, so that pages may be
 * files (`…/runbooks/{policy}.md`); without it the kind is a page below it.
 */
export function runbookAddress(base: string, kind: PolicyKindName): string {
  return base.includes(place) ? base.replaceAll(place, kind) : `${base.replace(/\/+$/, '')}/${kind}`;
}
