import type { LabReport, ScenarioReport } from '../../lab/run-lab.ts';
import { formatLabParameters } from './lab-parameters.ts';
import type { Paint } from './paint.ts';
import { type CellInput, formatTable } from './table.ts';

type Totals = LabReport['totals']['alerting'];

interface How {
  readonly paint: Paint;
  readonly verbose: boolean;
}

const mostListed = 5;

/** For people; `--json` has the rest. */
export function formatLabReport(report: LabReport, how: How): string {
  const sections = report.scenarios.map((scenario) => formatScenario(scenario, how));
  const all =
    report.scenarios.length > 1 ? [`${how.paint('bold', 'all scenarios')}\n${formatTotals(report.totals, how)}`] : [];
  return [...sections, ...all].join('\n');
}

function formatScenario(scenario: ScenarioReport, how: How): string {
  const { name, file, seeds, durationSeconds, speed, healthy, missedTargets, warnings, runs } = scenario;
  const { paint } = how;
  const tasks = runs.reduce((sum, run) => sum + run.tasks, 0);
  const events = runs.reduce((sum, run) => sum + run.events, 0);
  return [
    `${paint('bold', name)}  ${file}: ${seeds.length} seeds of ${duration(durationSeconds)}, ${tasks} tasks, ${events} events\n`,
    formatLabParameters(scenario),
    formatTotals(scenario.totals, how),
    `healthy traffic: ${healthy.retried} tasks retried and completed, ${healthy.failed} failed for good, ${healthy.breached} passed their SLA\n`,
    `speed: ${speed.timesReal} times real time (${(speed.realMs / 1000).toFixed(1)} s), ${speed.timesCpu} times by processor time\n`,
    ...listed(
      'alerting',
      scenario.runs.flatMap(({ alerting }) => alerting.falseAlerts),
    ),
    ...listed(
      'baseline',
      scenario.runs.flatMap(({ baseline }) => baseline.falseAlerts),
    ),
    ...(how.verbose ? [formatFaults(scenario, how)] : []),
    ...warnings.map((warning) => `${paint('yellow', 'warning:')} ${warning}\n`),
    ...missedTargets.map((missed) => `${paint('red', 'missed target:')} ${missed}\n`),
  ].join('');
}

function formatTotals({ alerting, baseline }: LabReport['totals'], { paint }: How): string {
  const row = (what: string, of: (totals: Totals) => string): readonly CellInput[] => [
    what,
    { text: of(alerting), align: 'right' },
    { text: of(baseline), align: 'right' },
  ];
  const faults = [
    row('faults (felt by nobody)', ({ faults: count, unfelt }) => `${count} (${unfelt})`),
    row('missed', ({ missed }) => String(missed)),
    row('time to detect, median', ({ detectMedian }) => seconds(detectMedian)),
    row('time to detect, p95', ({ detectP95 }) => seconds(detectP95)),
    row('step right (after 60 s)', ({ stepRight, stepRightLater }) => pair(stepRight, stepRightLater)),
    row('cause right (after 60 s)', ({ causeRight, causeRightLater }) => pair(causeRight, causeRightLater)),
    row('scope right (after 60 s)', ({ scopeRight, scopeRightLater }) => pair(scopeRight, scopeRightLater)),
    row('money off after 60 s (when said)', ({ moneyError, moneyErrorWhenSaid }) =>
      pair(moneyError, moneyErrorWhenSaid),
    ),
    row('incidents opened per fault', ({ incidentsPerFault }) => plain(incidentsPerFault)),
    row('updates per fault', ({ updatesPerFault }) => plain(updatesPerFault)),
    row('time to resolve, median', ({ resolveMedian }) => seconds(resolveMedian)),
    row('time to resolve, p95', ({ resolveP95 }) => seconds(resolveP95)),
  ];
  const always = [
    row('false alerts', ({ falseAlerts }) => String(falseAlerts)),
    row('alerts of a single true fact', ({ facts }) => String(facts)),
  ];
  return formatTable(['', 'alerting', 'baseline'], [...(alerting.faults > 0 ? faults : []), ...always], paint);
}

function listed(whose: string, alerts: ScenarioReport['runs'][number]['alerting']['falseAlerts']): readonly string[] {
  const shown = alerts
    .slice(0, mostListed)
    .map(
      ({ seed, atSeconds, policy, task, step, cause, scope }) =>
        `false alert of ${whose}: seed ${seed}, ${duration(atSeconds)}: ${policy} of ${task}${step === null ? '' : `, ${step}`} (${cause}, ${scope})\n`,
    );
  const more = alerts.length - shown.length;
  return more > 0 ? [...shown, `… and ${more} more of ${whose}\n`] : shown;
}

function formatFaults({ runs }: ScenarioReport, { paint }: How): string {
  const rows = runs.flatMap((run) =>
    run.alerting.faults.map((fault, index): readonly CellInput[] => {
      const rule = run.baseline.faults[index];
      return [
        String(fault.seed),
        fault.name,
        String(fault.tasksHit),
        { text: seconds(fault.detectSeconds), align: 'right' },
        fault.first === null
          ? '-'
          : `${fault.first.policy}: ${fault.first.step ?? '-'}, ${fault.first.cause}, ${fault.first.scope}`,
        String(fault.opened),
        { text: seconds(fault.resolveSeconds), align: 'right' },
        rule === undefined || rule.first === null ? '-' : `${rule.first.policy} ${seconds(rule.detectSeconds)}`,
      ];
    }),
  );
  return formatTable(
    ['seed', 'fault', 'tasks', 'detected', 'first said', 'opened', 'resolved', 'baseline'],
    rows,
    paint,
  );
}

function seconds(value: number | null): string {
  return value === null ? 'never' : `${value.toFixed(1)} s`;
}

function pair(first: number | null, later: number | null): string {
  return `${percent(first)} (${percent(later)})`;
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}

function plain(value: number | null): string {
  return value === null ? '-' : String(value);
}

function duration(value: number): string {
  if (value < 120) return `${value} s`;
  if (value < 7200) return `${Math.round(value / 6) / 10} min`;
  return value < 172_800 ? `${Math.round(value / 360) / 10} h` : `${Math.round(value / 8640) / 10} days`;
}
