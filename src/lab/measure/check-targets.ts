import type { Targets } from '../scenario/scenario-schema.ts';
import type { FaultMeasure } from './measure-fault.ts';
import type { RunResult } from './run-result.ts';
import type { Totals } from './totals.ts';

/** Which of its targets a scenario misses, in words; and whether its healthy traffic was healthy at all. */
export function missedTargets(
  targets: Targets | null,
  { totals, runs, speed }: { readonly totals: Totals; readonly runs: readonly RunResult[]; readonly speed: number },
): readonly string[] {
  const failed = runs.reduce((sum, { healthy }) => sum + healthy.failed + healthy.breached, 0);
  const sick = failed === 0 ? [] : [`${failed} tasks that no fault hit failed for good or passed their SLA`];
  if (targets === null) return sick;
  const faults = runs.flatMap(({ alerting }) => alerting.faults);
  return [
    ...sick,
    ...atMost('median time to detect, s', totals.detectMedian, targets.detect_median_seconds, totals.faults > 0),
    ...atMost(
      '95th percentile of the time to detect, s',
      totals.detectP95,
      targets.detect_p95_seconds,
      totals.faults > 0,
    ),
    ...atLeast('step right', totals.stepRight, targets.step_right),
    ...atLeast('cause right', totals.causeRight, targets.cause_right),
    ...atLeast('scope right', totals.scopeRight, targets.scope_right),
    ...atMost('incidents opened per fault', totals.incidentsPerFault, targets.incidents_per_fault, false),
    ...atMost(
      '95th percentile of the time to resolve, s',
      totals.resolveP95,
      targets.resolve_seconds,
      totals.faults > 0,
    ),
    ...atMost('missed faults', totals.missed, targets.missed, true),
    ...atMost('false alerts', totals.falseAlerts, targets.false_alerts, true),
    ...atLeast('simulated time over real time', speed, targets.speed),
    ...late(faults, targets),
  ];
}

/** At low volume a number of seconds alone would ask for more than there is to be seen. */
function late(
  faults: readonly FaultMeasure[],
  { detect_hung_tasks: tasks, detect_within_seconds: seconds }: Targets,
): readonly string[] {
  if (tasks === undefined && seconds === undefined) return [];
  const tooLate = faults.filter(({ felt, detectSeconds, shownAfterSeconds }) => {
    if (!felt) return false;
    const enough = tasks === undefined ? 0 : (shownAfterSeconds[tasks - 1] ?? Infinity);
    return (detectSeconds ?? Infinity) > Math.max(enough, seconds ?? 0);
  });
  return tooLate.map(
    ({ name, seed, detectSeconds }) =>
      `${name}, seed ${seed}: detected ${detectSeconds === null ? 'never' : `after ${detectSeconds} s`}; expected within the later of ${tasks ?? 0} tasks and ${seconds ?? 0} s`,
  );
}

/** `required`: null means that it never came, and not that there was nothing. */
function atMost(what: string, value: number | null, most: number | undefined, required: boolean): readonly string[] {
  if (most === undefined || (value === null && !required)) return [];
  return value !== null && value <= most ? [] : [`${what}: ${value ?? 'never'}; expected at most ${most}`];
}

function atLeast(what: string, value: number | null, least: number | undefined): readonly string[] {
  if (least === undefined || value === null) return [];
  return value >= least ? [] : [`${what}: ${value}; expected at least ${least}`];
}
