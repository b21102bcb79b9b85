// Durable checkouts per second in one process, as a fraction of what the same rows cost when bare prepared
// statements write them in perfect groups.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runCheckouts } from './checkout-load.ts';
import { inFlight } from './checkout-work.ts';
import { calibrationMs, median, quantile, type BenchResult } from './result.ts';
import { contentOf, recordWrites, replay, sameContent } from './sqlite-writes.ts';

const target = 0.5;

export async function benchEngine({ full }: { full: boolean }): Promise<BenchResult> {
  const tasks = full ? 10_000 : 2500;
  const rounds = full ? 5 : 3;
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  try {
    await runCheckouts(join(folder, 'warm.db'), 500);
    const recordedFile = join(folder, 'recorded.db');
    const writes = await recordWrites((wrapStorage) => runCheckouts(recordedFile, tasks, wrapStorage));
    const engineRates: number[] = [];
    const ceilingRates: number[] = [];
    const ratios: number[] = [];
    const latencies: number[] = [];
    let matched = true;
    for (let turn = 0; turn < rounds; turn += 1) {
      const engineFile = join(folder, `engine-${turn}.db`);
      const ceilingFile = join(folder, `ceiling-${turn}.db`);
      const engine = await runCheckouts(engineFile, tasks);
      const ceilingSeconds = await replay(ceilingFile, writes, inFlight);
      matched &&= sameContent(contentOf(recordedFile), contentOf(ceilingFile), 0);
      matched &&= sameContent(contentOf(engineFile), contentOf(ceilingFile), 0.01);
      engineRates.push(tasks / engine.seconds);
      ceilingRates.push(tasks / ceilingSeconds);
      ratios.push(ceilingSeconds / engine.seconds);
      latencies.push(...engine.latenciesMs);
    }
    if (!matched) throw new Error('the ceiling wrote other rows or bytes than the engine: the ratio means nothing');
    return report({ engineRates, ceilingRates, ratios, latencies, tasks, content: contentOf(recordedFile) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function report(measured: {
  engineRates: number[];
  ceilingRates: number[];
  ratios: number[];
  latencies: number[];
  tasks: number;
  content: ReturnType<typeof contentOf>;
}): BenchResult {
  const ratio = median(measured.ratios);
  const figures = {
    checkoutsPerSecond: Math.round(median(measured.engineRates)),
    ceilingPerSecond: Math.round(median(measured.ceilingRates)),
    latencyP50Ms: round(quantile(measured.latencies, 0.5)),
    latencyP99Ms: round(quantile(measured.latencies, 0.99)),
    calibrationMs: round(calibrationMs()),
    rows: measured.content.rows,
    bytes: measured.content.bytes,
  };
  return {
    name: 'engine',
    table: [
      [
        'durable checkouts',
        `${figures.checkoutsPerSecond}/s (rounds: ${measured.engineRates.map(Math.round).join(', ')})`,
      ],
      ['ceiling', `${figures.ceilingPerSecond}/s (rounds: ${measured.ceilingRates.map(Math.round).join(', ')})`],
      ['same rows and bytes', `${figures.rows} rows, ${figures.bytes} bytes for ${measured.tasks} checkouts`],
      ['latency', `p50 ${figures.latencyP50Ms} ms, p99 ${figures.latencyP99Ms} ms with ${inFlight} in flight`],
      ['calibration loop', `${figures.calibrationMs} ms`],
      ['fraction of the ceiling', round(ratio).toString()],
    ],
    figures,
    ratios: { engineToCeiling: round(ratio) },
    target: `engineToCeiling >= ${target}`,
    met: ratio >= target,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
