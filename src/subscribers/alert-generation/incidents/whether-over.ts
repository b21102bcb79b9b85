import { findingOf, type Judging } from '../conditions/conditions.ts';
import { isBeyondLimit } from '../conditions/wider-conditions.ts';
import type { TypicalWorth } from '../evidence/worth.ts';
import type { Incident } from './incident.ts';
import type { Policy } from '../policies/resolve-policies.ts';

/** Hysteresis: a single start is no traffic. */
const fewestStarts = 3;

/** Over when no cause holds any more; one that only consequences have opened, when none of them does. */
export function isOver(incident: Incident, policies: readonly Policy[], judging: Judging): boolean {
  const { state } = incident;
  const causes = policies.filter(({ tells }) => tells === 'cause');
  for (const policy of policies) {
    const speaking = state.speaking.find((one) => one.policy === policy.name);
    if (speaking?.holds === true) speaking.holds = stillHolds(policy, incident, judging);
  }
  const deciding = causes.length > 0 ? causes : policies;
  return !deciding.some(({ name }) => state.speaking.some((one) => one.policy === name && one.holds));
}

function stillHolds(policy: Policy, incident: Incident, judging: Judging): boolean {
  const { place } = incident.state;
  switch (policy.kind) {
    case 'error_ratio':
    case 'step_slow':
      return !incident.recovery.isOver(judging.nowMs);
    case 'step_stalled':
      // One that was opened by a single attempt is over when that has ended.
      return incident.state.share === 0
        ? findingOf(policy, place, judging) !== null
        : !incident.recovery.isOver(judging.nowMs);
    case 'revenue_at_risk':
      // What it has counted is no longer looked for, and is at risk all the same.
      return isBeyondLimit(policy, incident.atRisk, typicalOf(incident, judging));
    case 'no_traffic':
      return isSilent(incident, judging);
    default:
      return findingOf(policy, place, judging) !== null;
  }
}

function typicalOf({ state }: Incident, { watches }: Judging): TypicalWorth {
  const { namespace, task } = state.place;
  return watches.task(namespace ?? '', task ?? '').typical;
}

function isSilent({ state }: Incident, { watches }: Judging): boolean {
  const { namespace, task } = state.place;
  const traffic = namespace === null || task === null ? watches.traffic : watches.task(namespace, task).traffic;
  return traffic.startsAfter(state.openedAtMs) < fewestStarts;
}
