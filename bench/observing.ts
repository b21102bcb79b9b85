// Checkouts per second with everything observed, against nothing observed and against handlers instrumented by hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { otlpSink } from '../src/otlp.ts';
import { byHand } from './by-hand.ts';
import { checkoutWith, type LoadFigures, runCheckouts } from './checkout-load.ts';
import { startReceiver } from './receiver.ts';
import { calibrationMs, median, type BenchResult } from './result.ts';

const aims = { ofNothing: 0.7, ofByHand: 1, lagSeconds: 1 };
const eventsPerTask = 13;

type Variant = 'nothing' | 'observed' | 'byHand';

export async function benchObserving({ full }: { full: boolean }): Promise<BenchResult> {
  const tasks = full ? 20_000 : 4000;
  const rounds = full ? 5 : 3;
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  const receiver = await startReceiver();
  const runs = new Map<Variant, LoadFigures[]>([
    ['nothing', []],
    ['observed', []],
    ['byHand', []],
  ]);
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [variant, figures] of runs) {
        const file = join(folder, `${variant}-${round}.db`);
        figures.push(await run(variant, file, tasks, receiver.url, join(folder, `${variant}.log`)));
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const received = await receiver.stop();
  const of = (variant: Variant, what: (run: LoadFigures) => number): number =>
    median((runs.get(variant) ?? []).map((one) => what(one)));
  const rate = (variant: Variant): number => Math.round(of(variant, ({ seconds }) => tasks / seconds));
  const ratio = (variant: Variant): number => {
    const others = runs.get(variant) ?? [];
    const each = (runs.get('observed') ?? []).map(
      ({ seconds }, round) => (others[round]?.seconds ?? seconds) / seconds,
    );
    return Math.round(median(each) * 100) / 100;
  };
  const lagSeconds =
    Math.round((of('observed', ({ lagInSecondHalf }) => lagInSecondHalf) / (rate('observed') * eventsPerTask)) * 100) /
    100;
  const cpu = (variant: Variant): string =>
    `${Math.round((of(variant, ({ cpuSeconds }) => cpuSeconds) / tasks) * 1e6)} µs CPU a checkout, ${of(variant, ({ threads }) => threads)} threads`;
  const ratios = { ofNothing: ratio('nothing'), ofByHand: ratio('byHand') };
  return {
    name: 'observing',
    table: [
      ['nothing observed', `${rate('nothing')}/s, ${cpu('nothing')}`],
      ['everything observed', `${rate('observed')}/s, ${cpu('observed')}`],
      ['the same by hand', `${rate('byHand')}/s, ${cpu('byHand')}`],
      ['observed, of nothing', `${ratios.ofNothing}`],
      ['observed, of by hand', `${ratios.ofByHand}`],
      ['most lag in the second half', `${lagSeconds} s`],
      ['receiver, apart', `${received.requests} requests, ${received.cpuMs} ms CPU`],
      ['calibration loop', `${Math.round(calibrationMs() * 10) / 10} ms`],
    ],
    figures: {
      nothing: rate('nothing'),
      observed: rate('observed'),
      byHand: rate('byHand'),
      lagSeconds,
      receiverCpuMs: received.cpuMs,
    },
    ratios,
    target: `aims: at least ${aims.ofNothing} of nothing, ${aims.ofByHand} of by hand, lag at most ${aims.lagSeconds} s`,
    met: ratios.ofNothing >= aims.ofNothing && ratios.ofByHand >= aims.ofByHand && lagSeconds <= aims.lagSeconds,
  };
}

async function run(variant: Variant, file: string, tasks: number, tracesUrl: string, logFile: string) {
  if (variant === 'nothing') return runCheckouts(file, tasks);
  if (variant === 'observed')
    return runCheckouts(file, tasks, undefined, [], {
      operations: { port: 0 },
      sinks: [otlpSink({ url: tracesUrl, env: {} })],
      telemetry: { logging: { enabled: true, level: 'debug', destination: { file: logFile } } },
    });
  const hand = byHand({ tracesUrl, logFile });
  const figures = await runCheckouts(file, tasks, undefined, [], {
    tasks: [checkoutWith((context) => hand.handler(context))],
    telemetry: { tracing: { enabled: false } },
  });
  await hand.close();
  return figures;
}
