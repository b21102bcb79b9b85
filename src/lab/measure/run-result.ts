import type { AlertIncident } from '../../index.ts';
import type { Baseline } from '../baseline/baseline.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { FaultTruth, FaultWatch } from '../truth/fault-watch.ts';
import type { Ledger } from '../truth/ledger.ts';
import { explain, type Facts } from './explain.ts';
import { incidentsIn, type Received, type SaidIncident } from './incidents.ts';
import { type FaultMeasure, measureFault, scopeText } from './measure-fault.ts';

/** What one run of a scenario gave. Plain JSON; the same for the same file and seed, but for `speed`. */
export interface RunResult {
  readonly scenario: string;
  readonly seed: number;
  readonly simulatedSeconds: number;
  readonly tasks: number;
  readonly events: number;
  readonly alerting: Judged;
  readonly baseline: Judged;
  /** Of tasks that no fault hit: these must be 0, or the traffic is not as healthy as it says. */
  readonly healthy: { readonly failed: number; readonly breached: number; readonly retried: number };
  readonly warnings: readonly string[];
  readonly speed: { readonly realMs: number; readonly cpuMs: number };
}

/** How whoever gives the alarm did. */
export interface Judged {
  readonly faults: readonly FaultMeasure[];
  readonly falseAlerts: readonly Unexplained[];
  /** They state a single fact, which is on record. */
  readonly facts: readonly Unexplained[];
}

export interface Unexplained {
  readonly seed: number;
  readonly atSeconds: number;
  readonly policy: string;
  readonly task: string;
  readonly step: string | null;
  readonly cause: string;
  readonly scope: string;
  readonly summary: string;
}

interface Gathered {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly truth: {
    readonly ledger: Ledger;
    readonly faults: FaultWatch;
    readonly facts: Facts;
    readonly baseline: Baseline;
  };
  readonly received: readonly Received[];
  readonly endMs: number;
  readonly tasks: number;
  readonly events: number;
  readonly warnings: readonly string[];
}

export function runResult(gathered: Gathered): Omit<RunResult, 'speed'> {
  const { scenario, seed, truth, received, endMs, tasks, events, warnings } = gathered;
  const truths = truth.faults.truths(endMs);
  const judged = (all: readonly Received[]): Judged => judge(gathered, truths, incidentsIn(all));
  return {
    scenario: scenario.name,
    seed,
    simulatedSeconds: scenario.durationMs / 1000,
    tasks,
    events,
    alerting: judged(received),
    baseline: judged(truth.baseline.received),
    healthy: healthOf(truth),
    warnings,
  };
}

function judge(
  { scenario: { startMs }, seed, truth: { facts, ledger } }: Gathered,
  truths: readonly FaultTruth[],
  incidents: readonly SaidIncident[],
): Judged {
  const explained = incidents.map((incident) => ({
    incident,
    why: explain(incident, truths, (policy, of) => facts.isOnRecord(policy, of)),
  }));
  const unexplained = (kind: 'fact' | 'false'): readonly Unexplained[] =>
    explained
      .filter(({ why }) => why.kind === kind)
      .map(({ incident: { first, firstAtMs } }) => unexplainedOf(first, seed, (firstAtMs - startMs) / 1000));
  const context = {
    seed,
    startMs,
    moneyOf: (
      fault: Parameters<Ledger['moneyOf']>[0],
      of: { readonly namespace: string; readonly task: string },
      atMs: number,
    ) => ledger.moneyOf(fault, of, startMs, atMs),
  };
  return {
    faults: truths.map((truth, index) =>
      measureFault(
        truth,
        explained.filter(({ why }) => why.kind === 'fault' && why.fault === index).map(({ incident }) => incident),
        context,
      ),
    ),
    falseAlerts: unexplained('false'),
    facts: unexplained('fact'),
  };
}

function unexplainedOf(first: AlertIncident, seed: number, atSeconds: number): Unexplained {
  const { policy, namespace, task, step, cause, scope, summary } = first;
  const name = task === null ? 'the engine' : `${namespace ?? ''}.${task}`;
  return { seed, atSeconds, policy, task: name, step, cause, scope: scopeText(scope), summary };
}

function healthOf({ ledger, faults }: Gathered['truth']): RunResult['healthy'] {
  let failed = 0;
  let breached = 0;
  let retried = 0;
  for (const task of ledger.troubled) {
    if (faults.isHit(task.taskId)) continue;
    if (task.ended?.lost === true) failed += 1;
    if (task.breached) breached += 1;
    if (task.ended?.lost === false && !task.breached) retried += 1;
  }
  return { failed, breached, retried };
}
