import { failed, slow, stalled, type Observed } from '../evidence/attempt-ring.ts';
import type { Crossing } from '../evidence/customer-rates.ts';
import { engineFinding, moneyFinding, outcomeFinding, recentTasks, trafficFinding } from './wider-conditions.ts';
import type { Finding, Place } from './finding.ts';
import { parameter, type Policy, type PolicySet } from '../policies/resolve-policies.ts';
import { scopeOf } from '../evidence/scope-of.ts';
import { rulesOf } from '../evidence/step-rules.ts';
import { hitsOf, type StepRules } from '../evidence/step-watch.ts';
import type { TaskWatch, Watches } from '../evidence/watches.ts';

export interface Judging {
  readonly watches: Watches;
  readonly policies: PolicySet;
  readonly nowMs: number;
}

const fewestThrown = 3;

/** null: the policy's condition does not hold there, now. */
export function findingOf(policy: Policy, place: Place, judging: Judging): Finding | null {
  const { namespace, task, step } = place;
  if (namespace === null || task === null) {
    return policy.kind === 'no_traffic'
      ? trafficFinding(policy, place, null, judging)
      : engineFinding(policy, place, judging);
  }
  const watch = judging.watches.task(namespace, task);
  switch (policy.kind) {
    case 'error_ratio':
      return stepFinding(policy, place, watch, judging, 'failed', failed);
    case 'step_stalled':
      return (
        stepFinding(policy, place, watch, judging, 'stalled', stalled) ?? aloneFinding(policy, place, watch, judging)
      );
    case 'step_slow':
      return slowFinding(policy, place, watch, judging);
    case 'sla_breached':
    case 'retries_exhausted':
    case 'task_failed':
    case 'high_value_failure':
      return befallenFinding(policy, place, watch, judging, step ?? '');
    case 'revenue_lost':
    case 'revenue_at_risk':
      return moneyFinding(policy, place, watch, judging);
    case 'conversion_drop':
    case 'no_success':
      return outcomeFinding(policy, place, watch, judging);
    case 'no_traffic':
      return trafficFinding(policy, place, watch, judging);
    default:
      return null;
  }
}

function stepFinding(
  policy: Policy,
  place: Place,
  task: TaskWatch,
  { policies, watches }: Judging,
  kind: keyof StepRules,
  what: number,
): Finding | null {
  const watch = task.step(place.step ?? '');
  const rules = rulesOf(policies, task.namespace, task.task, place.step ?? '');
  const asked = { ...rules, [kind]: { ...rules[kind], evidence: parameter(policy, 'evidence') } };
  const crossing = watch.crossing(kind, asked);
  if (crossing === null) return null;
  const attempts = watch.ring.since(crossing.sinceMs);
  const hits = hitsOf(attempts, what);
  const tasks = [...new Set(hits.map((hit) => hit.task))];
  if (tasks.length < parameter(policy, 'minimum_tasks')) return null;
  const cause = causeOf(what, attempts, hits);
  return {
    policy,
    place,
    sinceMs: crossing.sinceMs,
    cause,
    scope: scope(attempts, what, crossing, watches),
    firstError: hits.find(({ failure }) => failure?.errorClass === cause)?.failure?.error ?? null,
    detail: '',
    tasks,
    share: hits.length / attempts.length,
  };
}

/** Slowness of a part of the attempts may be noise; that the usual attempt has become slower is none. */
function slowFinding(policy: Policy, place: Place, task: TaskWatch, judging: Judging): Finding | null {
  const finding = stepFinding(policy, place, task, judging, 'slow', slow);
  if (finding === null) return null;
  const watch = task.step(place.step ?? '');
  const usualMs = watch.medianMs;
  const hits = hitsOf(watch.ring.since(finding.sinceMs), slow);
  const durations = hits.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
  const nowMs = durations[Math.floor(durations.length / 2)] ?? 0;
  if (usualMs === null || nowMs < usualMs * parameter(policy, 'factor')) return null;
  if (nowMs - usualMs < parameter(policy, 'growth_seconds') * 1000) return null;
  return { ...finding, detail: `${Math.round(nowMs)} ms instead of ${Math.round(usualMs)} ms` };
}

/** One attempt alone, silent for very long. */
function aloneFinding(policy: Policy, place: Place, task: TaskWatch, { nowMs }: Judging): Finding | null {
  const watch = task.step(place.step ?? '');
  const silent = watch.silentFor(parameter(policy, 'alone_factor'), nowMs);
  const [first] = silent;
  if (first === undefined) return null;
  return {
    policy,
    place,
    sinceMs: first.beganMs,
    cause: 'hang',
    scope: [],
    firstError: null,
    detail: `${silent.length === 1 ? 'one attempt gives' : `${silent.length} attempts give`} no sign of life`,
    tasks: [...new Set(silent.map((attempt) => attempt.task))],
    share: 0,
  };
}

const causes: Readonly<Record<string, string>> = {
  sla_breached: 'sla',
  retries_exhausted: 'exhausted',
  task_failed: 'failed',
  high_value_failure: 'failed',
};

function befallenFinding(
  policy: Policy,
  place: Place,
  task: TaskWatch,
  judging: Judging,
  step: string,
): Finding | null {
  const { nowMs } = judging;
  const recent = recentTasks(policy, task, step, judging);
  if (recent.size < parameter(policy, 'minimum_tasks')) return null;
  const [first] = recent.values();
  return {
    policy,
    place,
    sinceMs: first?.atMs ?? nowMs,
    cause: causes[policy.kind] ?? policy.kind,
    scope: [],
    firstError: null,
    detail: '',
    tasks: [...recent.keys()],
    share: 0,
  };
}

function scope(attempts: readonly Observed[], what: number, { usual }: Crossing, { groups }: Watches) {
  const judged = attempts.map((attempt) => ({
    isHit: (attempt.what & what) !== 0,
    values: groups.values(attempt.group),
  }));
  return scopeOf(judged, groups.fields, usual);
}

/** What looks like a hang at first is one of its callers' time-outs, if they give up by themselves. */
function causeOf(what: number, attempts: readonly Observed[], hits: readonly Observed[]): string {
  if (what === slow) return 'slow';
  if (what === failed) return mostFrequent(hits);
  const thrown = attempts.filter(({ failure }) => failure?.isThrown === true);
  return thrown.length >= fewestThrown && mostFrequent(thrown) === 'timeout' ? 'timeout' : 'hang';
}

function mostFrequent(hits: readonly Observed[]): string {
  const counts = new Map<string, number>();
  for (const { failure } of hits) {
    if (failure !== null) counts.set(failure.errorClass, (counts.get(failure.errorClass) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'application';
}
