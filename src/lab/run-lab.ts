import { missedTargets } from './measure/check-targets.ts';
import type { RunResult } from './measure/run-result.ts';
import { type Totals, totalsOf } from './measure/totals.ts';
import { LabThreads } from './lab-threads.ts';
import { readScenario } from './scenario/read-scenario.ts';
import type { Fault, Scenario, Workflow } from './scenario/scenario.ts';

export interface LabOptions {
  readonly files: readonly string[];
  readonly cwd: string;
  /** Instead of those of the files. */
  readonly seeds?: readonly number[];
  /** Shorter than the files say; faults that would end later are left out. Milliseconds. */
  readonly atMostMs?: number;
  /** Runs at the same time, each in a thread. */
  readonly jobs: number;
  readonly onRun?: (result: RunResult, left: number) => void;
}

export interface ScenarioReport {
  readonly name: string;
  readonly file: string;
  readonly seeds: readonly number[];
  readonly durationSeconds: number;
  readonly workflows: readonly WorkflowParameters[];
  readonly faults: readonly Fault[];
  readonly totals: { readonly alerting: Totals; readonly baseline: Totals };
  readonly healthy: RunResult['healthy'];
  readonly missedTargets: readonly string[];
  readonly warnings: readonly string[];
  readonly runs: readonly Omit<RunResult, 'speed'>[];
  readonly speed: Speed;
}

/** What makes the healthy traffic what it is. */
export type WorkflowParameters = Omit<Workflow, 'template' | 'definition' | 'context'> & {
  readonly slaMs: number | null;
};

export interface Speed {
  readonly realMs: number;
  readonly cpuMs: number;
  /** Simulated time over the real time that its runs took, each for itself. */
  readonly timesReal: number;
  readonly timesCpu: number;
}

export interface LabReport {
  readonly scenarios: readonly ScenarioReport[];
  /** All runs, of all files. */
  readonly totals: { readonly alerting: Totals; readonly baseline: Totals };
}

/** Reads all files first, so that a mistake in the last does not come at the end; then runs each seed of each. */
export async function runLab(options: LabOptions): Promise<LabReport> {
  const scenarios: Scenario[] = [];
  for (const file of options.files) scenarios.push(shortened(await readScenario(file, options.cwd), options));
  const wanted = scenarios.flatMap((scenario) => scenario.seeds.map((seed) => ({ scenario, seed })));
  const threads = new LabThreads(Math.min(options.jobs, wanted.length));
  let left = wanted.length;
  try {
    const results = await Promise.all(
      wanted.map(async ({ scenario, seed }) => {
        const result = await threads.run(scenario, seed);
        left -= 1;
        options.onRun?.(result, left);
        return { scenario, result };
      }),
    );
    return {
      scenarios: scenarios.map((one) =>
        reportOf(
          one,
          results.filter(({ scenario }) => scenario === one).map(({ result }) => result),
        ),
      ),
      totals: totals(results.map(({ result }) => result)),
    };
  } finally {
    await threads.close();
  }
}

function shortened(scenario: Scenario, { seeds, atMostMs = Infinity }: LabOptions): Scenario {
  return {
    ...scenario,
    seeds: seeds ?? scenario.seeds,
    durationMs: Math.min(scenario.durationMs, atMostMs),
    faults: scenario.faults.filter(({ toMs }) => toMs <= atMostMs),
  };
}

function reportOf(scenario: Scenario, runs: readonly RunResult[]): ScenarioReport {
  const all = totals(runs);
  const speed = speedOf(runs);
  const add = (of: (healthy: RunResult['healthy']) => number): number =>
    runs.reduce((sum, { healthy }) => sum + of(healthy), 0);
  return {
    name: scenario.name,
    file: scenario.file,
    seeds: scenario.seeds,
    durationSeconds: scenario.durationMs / 1000,
    workflows: scenario.workflows.map(parameters),
    faults: scenario.faults,
    totals: all,
    healthy: {
      failed: add(({ failed }) => failed),
      breached: add(({ breached }) => breached),
      retried: add(({ retried }) => retried),
    },
    missedTargets: missedTargets(scenario.targets, { totals: all.alerting, runs, speed: speed.timesReal }),
    warnings: [...new Set([...scenario.warnings, ...runs.flatMap(({ warnings }) => warnings)])],
    runs: runs.map(({ speed: _speed, ...run }) => run),
    speed,
  };
}

function totals(runs: readonly RunResult[]): LabReport['totals'] {
  return {
    alerting: totalsOf(runs.map(({ alerting }) => alerting)),
    baseline: totalsOf(runs.map(({ baseline }) => baseline)),
  };
}

function parameters({ template, definition: _definition, context: _context, ...rest }: Workflow): WorkflowParameters {
  return { ...rest, slaMs: template.monitoring.slaMs };
}

function speedOf(runs: readonly RunResult[]): Speed {
  const realMs = runs.reduce((sum, { speed }) => sum + speed.realMs, 0);
  const cpuMs = runs.reduce((sum, { speed }) => sum + speed.cpuMs, 0);
  const simulatedMs = runs.reduce((sum, { simulatedSeconds }) => sum + 1000 * simulatedSeconds, 0);
  return {
    realMs: Math.round(realMs),
    cpuMs: Math.round(cpuMs),
    timesReal: Math.round(simulatedMs / realMs),
    timesCpu: Math.round(simulatedMs / cpuMs),
  };
}
