// Durable five-step workflows per second here and elsewhere, in one run, on one machine: the ratios are what counts.
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { inFlight } from './checkout-work.ts';
import { contenderNames, type ContenderName, type ContenderReport } from './peers/contender.ts';
import { calibrationMs, median, NotReady, quantile, type BenchResult } from './result.ts';

type Measured = Extract<ContenderReport, { kind: 'measured' }>;

const aims: readonly { readonly peer: ContenderName; readonly factor: number }[] = [
  { peer: 'dbos', factor: 12 },
  { peer: 'bullmq', factor: 2.5 },
];

const labels: Readonly<Record<ContenderName, string>> = {
  tasker: 'Tasker',
  dbos: 'DBOS',
  bullmq: 'BullMQ, five jobs in a chain',
  bullmqAlways: 'the same, flushed always',
  bullmqOneJob: 'BullMQ, one job',
  bullmqOneJobAlways: 'the same, flushed always',
  restate: 'Restate',
};

/** One contender's figures over the rounds; rounds line up, so a ratio compares what ran within one round. */
interface Standing {
  readonly rounds: Measured[];
  skipped?: string;
}

export async function benchPeers({ full }: { full: boolean }): Promise<BenchResult> {
  if (!existsSync(new URL('peers/node_modules', import.meta.url))) {
    throw new NotReady('The peers are not installed. Run `npm ci --prefix bench/peers` first (about 310 MB).');
  }
  const timing = full ? { rounds: 3, warmUpMs: 3000, windowMs: 10_000 } : { rounds: 1, warmUpMs: 1500, windowMs: 3000 };
  const peers = contenderNames.filter((name) => name !== 'tasker' && (full || name !== 'bullmqOneJobAlways'));
  const standings = new Map<ContenderName, Standing>(peers.map((name) => [name, { rounds: [] }]));
  const tasker: Measured[] = [];
  const calibrations: number[] = [];
  for (let turn = 0; turn < timing.rounds; turn += 1) {
    calibrations.push(calibrationMs());
    // Before and after the peers, so that a machine that grows slower or faster meanwhile favours nobody.
    const before = await measureTasker(timing);
    for (const [name, standing] of standings) {
      if (standing.skipped !== undefined) continue;
      const outcome = await measureOne(name, timing);
      if (outcome.kind === 'measured') standing.rounds.push(outcome);
      else standing.skipped = outcome.reason;
    }
    const after = await measureTasker(timing);
    tasker.push({
      ...after,
      perSecond: (before.perSecond + after.perSecond) / 2,
      latenciesMs: [...before.latenciesMs, ...after.latenciesMs],
    });
  }
  return report({ tasker, standings, calibration: median(calibrations), ...timing });
}

async function measureTasker(timing: { warmUpMs: number; windowMs: number }): Promise<Measured> {
  const measured = await measureOne('tasker', timing);
  if (measured.kind === 'skipped') throw new Error(`Tasker itself could not be measured: ${measured.reason}`);
  return measured;
}

function measureOne(
  name: ContenderName,
  { warmUpMs, windowMs }: { warmUpMs: number; windowMs: number },
): Promise<ContenderReport> {
  const file = fileURLToPath(new URL('peers/measure-one.ts', import.meta.url));
  return new Promise((resolve) => {
    const child = fork(file, [name, String(warmUpMs), String(windowMs)], {
      // A peer's own deprecations are not this bench's to tell.
      execArgv: ['--disable-warning=DeprecationWarning'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (message) => resolve(message as ContenderReport));
    child.once('error', (error) => resolve({ kind: 'skipped', reason: error.message }));
    child.once('exit', (code, signal) => {
      resolve({ kind: 'skipped', reason: `its process ended (${signal ?? code}) without a word` });
    });
  });
}

function report(run: {
  tasker: readonly Measured[];
  standings: ReadonlyMap<ContenderName, Standing>;
  calibration: number;
  rounds: number;
  warmUpMs: number;
  windowMs: number;
}): BenchResult {
  const figures: Record<string, number> = {
    taskerPerSecond: perSecond(run.tasker),
    calibrationMs: round(run.calibration),
  };
  const ratios: Record<string, number> = {};
  const table: [string, string][] = [
    [
      'five-step workflows',
      `${inFlight} in flight, ${run.rounds} × ${run.windowMs / 1000} s after ${run.warmUpMs / 1000} s of warm-up`,
    ],
    [labels.tasker, rowOf(run.tasker)],
    ['', explain(run.tasker)],
  ];
  for (const [name, { rounds, skipped }] of run.standings) {
    if (skipped !== undefined) {
      table.push([labels[name], `left out: ${skipped}`]);
      continue;
    }
    const ratio = median(rounds.map((peer, index) => (run.tasker[index]?.perSecond ?? Number.NaN) / peer.perSecond));
    figures[`${name}PerSecond`] = perSecond(rounds);
    ratios[ratioName(name)] = round(ratio);
    table.push([labels[name], `${rowOf(rounds)}; Tasker is ${round(ratio)} times as fast`], ['', explain(rounds)]);
  }
  table.push(['calibration loop', `${figures['calibrationMs']} ms`]);
  const outcomes = aims.map(({ peer, factor }) => ({ name: ratioName(peer), factor, ratio: ratios[ratioName(peer)] }));
  return {
    name: 'peers',
    table,
    figures,
    ratios,
    target: outcomes
      .map(({ name, factor, ratio }) => `${name} >= ${factor}${ratio === undefined ? ' (not measured)' : ''}`)
      .join(', '),
    met: outcomes.every(({ ratio, factor }) => ratio !== undefined && ratio >= factor),
  };
}

function ratioName(peer: ContenderName): string {
  return `taskerTo${peer.charAt(0).toUpperCase()}${peer.slice(1)}`;
}

function rowOf(rounds: readonly Measured[]): string {
  const latencies = rounds.flatMap((measured) => measured.latenciesMs);
  return `${perSecond(rounds)}/s, p50 ${round(quantile(latencies, 0.5))} ms, p99 ${round(quantile(latencies, 0.99))} ms`;
}

function explain(rounds: readonly Measured[]): string {
  const [first] = rounds;
  return first === undefined ? '' : `${first.versions}: ${first.durability}`;
}

function perSecond(rounds: readonly Measured[]): number {
  return Math.round(median(rounds.map((measured) => measured.perSecond)));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
