import type { SaidIncident } from './backtest-report.ts';

/** Two that are so close in time are the same: one may have been seen earlier, or been over sooner. */
const closeMs = 120_000;

/** Of what was said then: what each incident stands beside, and what stands beside none. */
export function matchSaid(
  incidents: readonly SaidIncident[],
  saidThen: readonly SaidIncident[],
): { readonly beside: ReadonlyMap<string, readonly SaidIncident[]>; readonly alone: readonly SaidIncident[] } {
  const beside = new Map<string, readonly SaidIncident[]>();
  const matched = new Set<SaidIncident>();
  for (const incident of incidents) {
    const same = saidThen.filter((said) => isSamePlace(incident, said) && isSameTime(incident, said));
    for (const said of same) matched.add(said);
    beside.set(incident.key, same);
  }
  return { beside, alone: saidThen.filter((said) => !matched.has(said)) };
}

/** One step, or one of them is about the task as a whole; of the engine, the same worker, subscriber or sink. */
function isSamePlace(a: SaidIncident, b: SaidIncident): boolean {
  if (a.namespace !== b.namespace || a.task !== b.task) return false;
  if (a.task === null) return a.system === b.system && a.policy === b.policy;
  return a.step === b.step || a.step === null || b.step === null;
}

function isSameTime(a: SaidIncident, b: SaidIncident): boolean {
  const end = ({ resolvedMs }: SaidIncident): number => resolvedMs ?? Number.POSITIVE_INFINITY;
  return a.firstNoticeMs <= end(b) + closeMs && b.firstNoticeMs <= end(a) + closeMs;
}
