import { alertSeverities, type AlertSeverity } from '../../../signals/alert.ts';
import type { PolicyKindName } from '../policies/policies.ts';
import type { Policy } from '../policies/resolve-policies.ts';

/** What an incident means for the business, as far as it can be told. */
export interface Impact {
  /** The template says that it matters most. */
  readonly critical: boolean;
  /** The share of what is seen that is hit, 0 to 1, where everybody is hit alike; 0 where only some are. */
  readonly shareOfAll: number;
  /** Money lost and at risk, in typical orders. */
  readonly orders: number;
}

/** So many typical orders wake somebody up: of a critical workflow, of any other. */
const muchMoney = { critical: 20, other: 200 } as const;
const halfOfAll = 0.5;

const graveKinds: ReadonlySet<PolicyKindName> = new Set<PolicyKindName>([
  'error_ratio',
  'step_stalled',
  'high_value_failure',
  'revenue_lost',
  'revenue_at_risk',
  'conversion_drop',
  'no_success',
  'no_traffic',
  'worker_lost',
]);

/**
 * By business impact, and by a rule that can be said in a sentence: `critical` where a critical workflow fails for at
 * least half of everybody, or where much money is lost or at risk; `error` where work fails or stands still; else
 * `warning`. What a policy says of itself goes before.
 */
export function severityOf(policies: readonly Policy[], impact: Impact): AlertSeverity {
  return worst(policies.map((policy) => policy.severity ?? byImpact(policy, impact)));
}

function byImpact({ kind }: Policy, { critical, shareOfAll, orders }: Impact): AlertSeverity {
  if (!graveKinds.has(kind)) return critical && orders >= muchMoney.critical ? 'error' : 'warning';
  const isMuch = orders >= (critical ? muchMoney.critical : muchMoney.other);
  return isMuch || (critical && shareOfAll >= halfOfAll) ? 'critical' : 'error';
}

export function worst(severities: readonly AlertSeverity[]): AlertSeverity {
  return alertSeverities.find((severity) => severities.includes(severity)) ?? 'info';
}

/** True when the first is worse. */
export function isWorse(one: AlertSeverity, other: AlertSeverity): boolean {
  return alertSeverities.indexOf(one) < alertSeverities.indexOf(other);
}
