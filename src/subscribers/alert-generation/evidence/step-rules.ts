import type { PolicyKindName } from '../policies/policies.ts';
import { parameter, type PolicySet } from '../policies/resolve-policies.ts';
import type { StepRules } from './step-watch.ts';

/** Shares of hits below these are nothing to speak of. */
const floors = { failed: 0.02, stalled: 0.005, slow: 0.05 } as const;
/** Where nobody asks: what is learnt as the past is learnt by this, for whoever asks later. */
const unasked = { evidence: 18, ratio: 0.3 };

const known = new WeakMap<PolicySet, Map<string, StepRules>>();

/** By what the attempts of a step are judged: as the policies that watch it ask, the most sensitive of each kind. */
export function rulesOf(policies: PolicySet, namespace: string, task: string, step: string): StepRules {
  let ofSet = known.get(policies);
  if (ofSet === undefined) known.set(policies, (ofSet = new Map()));
  const key = `${namespace}\u0000${task}\u0000${step}`;
  let rules = ofSet.get(key);
  if (rules === undefined) {
    const rule = (kind: PolicyKindName, floor: number) => {
      const asking = policies.of(kind, namespace, task, step);
      const asked = (name: string): readonly number[] =>
        asking.filter(({ parameters }) => name in parameters).map((one) => parameter(one, name));
      const least = (name: string, byDefault: number): number => Math.min(...asked(name), byDefault);
      return {
        floor,
        trouble: asking.length === 0 ? unasked.ratio : least('ratio', 1),
        evidence: asking.length === 0 ? unasked.evidence : least('evidence', 100),
        mostAsked: asking.length === 0 ? unasked.evidence : Math.max(...asked('evidence')),
      };
    };
    rules = {
      failed: rule('error_ratio', floors.failed),
      stalled: rule('step_stalled', floors.stalled),
      slow: { ...rule('step_slow', floors.slow), trouble: unasked.ratio },
    };
    if (ofSet.size < 20_000) ofSet.set(key, rules);
  }
  return rules;
}
