import type { Judging } from './conditions.ts';
import type { Finding, Place } from './finding.ts';
import { sumOf } from '../evidence/recent-tasks.ts';
import { countedAs, parameter, type Policy } from '../policies/resolve-policies.ts';
import type { TaskWatch } from '../evidence/watches.ts';
import type { TypicalWorth, Worth } from '../evidence/worth.ts';

const plain = { scope: [], firstError: null, detail: '', tasks: [], share: 1 } as const;

export function moneyFinding(policy: Policy, place: Place, task: TaskWatch, judging: Judging): Finding | null {
  const found = policy.kind === 'revenue_lost' ? lost(policy, place, task, judging) : atRisk(place, task, judging);
  if (found.tasks.length < parameter(policy, 'minimum_tasks')) return null;
  const money = sumOf(found.worths.map((worth) => ({ worth })));
  if (!isBeyondLimit(policy, money, task.typical)) return null;
  return { ...plain, policy, place, sinceMs: found.sinceMs, cause: policy.kind, tasks: found.tasks, share: 0 };
}

/** More in any currency than the policy's limit for it, or altogether than so many typical orders. */
export function isBeyondLimit(policy: Policy, money: ReadonlyMap<string, number>, typical: TypicalWorth): boolean {
  for (const [currency, amount] of money)
    if (amount >= (policy.limits[currency] ?? Number.POSITIVE_INFINITY)) return true;
  return typical.inOrders(money) >= parameter(policy, 'orders');
}

/** Tasks to which what the policy counts has happened within its window. */
export function recentTasks(policy: Policy, task: TaskWatch, step: string, { policies, nowMs }: Judging) {
  const windowMs = parameter(policy, 'window_seconds') * 1000;
  const longestMs = policies.longestWindowMs(policy, task.namespace, task.task, step === '' ? null : step);
  return task.tasksWith(countedAs(policy), step).since(nowMs - windowMs, nowMs - Math.max(windowMs, longestMs));
}

interface Found {
  readonly tasks: readonly string[];
  readonly worths: readonly Worth[];
  readonly sinceMs: number;
}

function lost(policy: Policy, place: Place, task: TaskWatch, judging: Judging): Found {
  const { nowMs } = judging;
  const recent = recentTasks(policy, task, place.step ?? '', judging);
  const [first] = recent.values();
  const worths = [...recent.values()].flatMap(({ worth }) => (worth === null ? [] : [worth]));
  return { tasks: [...recent.keys()], worths, sinceMs: first?.atMs ?? nowMs };
}

/** What no incident has counted yet: what one has is told by it. */
function atRisk(place: Place, task: TaskWatch, { watches, nowMs }: Judging): Found {
  const tasks: string[] = [];
  const worths: Worth[] = [];
  let sinceMs = nowMs;
  for (const [taskId, troubled] of watches.trouble.uncounted(`${task.namespace}.${task.task}`)) {
    if (place.step !== null && !troubled.steps.has(place.step)) continue;
    tasks.push(taskId);
    if (troubled.worth !== null) worths.push(troubled.worth);
    sinceMs = Math.min(sinceMs, ...troubled.steps.values());
  }
  return { tasks, worths, sinceMs };
}

/** A task may take ten times as long as usual before its lack is a lack of success. */
const patience = 10;

export function outcomeFinding(
  policy: Policy,
  place: Place,
  task: TaskWatch,
  { policies, nowMs }: Judging,
): Finding | null {
  const windowMs = parameter(policy, 'window_seconds') * 1000;
  if (policy.kind === 'conversion_drop') {
    const longestMs = policies.longestWindowMs(policy, task.namespace, task.task, null);
    const found = task.outcomes.conversion(nowMs, windowMs, parameter(policy, 'minimum_tasks'), longestMs);
    if (found === null || found.evidence < parameter(policy, 'evidence')) return null;
    if (found.now >= found.usual * parameter(policy, 'ratio')) return null;
    const detail = `${percent(found.now)} instead of ${percent(found.usual)} of ${found.ended} tasks complete`;
    return { ...plain, policy, place, sinceMs: nowMs - windowMs, cause: 'conversion', detail, share: 0 };
  }
  const { withoutSuccessSinceMs: sinceMs, usualDurationMs, startedSinceSuccess } = task.outcomes;
  const waitMs = Math.max(windowMs, patience * (usualDurationMs ?? 0));
  // Without any success ever, nobody knows how long it takes: then this says nothing.
  if (sinceMs === null || nowMs - sinceMs < waitMs) return null;
  if (startedSinceSuccess < parameter(policy, 'minimum_tasks')) return null;
  return { ...plain, policy, place, sinceMs, cause: 'no_success' };
}

export function trafficFinding(
  policy: Policy,
  place: Place,
  task: TaskWatch | null,
  { watches, nowMs }: Judging,
): Finding | null {
  const { traffic } = task ?? watches;
  const found = traffic.silence(nowMs, parameter(policy, 'minimum_seconds') * 1000);
  if (found === null || found.expected < parameter(policy, 'expected')) return null;
  const expected = Math.round(traffic.rate(nowMs) * (nowMs - found.sinceMs));
  const detail = `about ${expected} would have been`;
  return { ...plain, policy, place, sinceMs: found.sinceMs, cause: 'silence', detail };
}

export function engineFinding(policy: Policy, place: Place, { watches, nowMs }: Judging): Finding | null {
  const found = place.about === null ? undefined : watches.engineTrouble(policy.kind, place.about);
  if (found === undefined) return null;
  const window = policy.parameters['window_seconds'];
  if (window !== undefined && nowMs - found.sinceMs >= window * 1000) return null;
  return { ...plain, policy, place, sinceMs: found.sinceMs, cause: policy.kind, detail: found.detail, share: 0 };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
