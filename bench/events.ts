// Publishing live events with nobody, one and ten listening, and going through the log again, in one run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Bus } from '../src/bus/bus.ts';
import { LiveEvents } from '../src/execution/live-events.ts';
import { createTasker, defineSubscriber, type SubscriberDefinition, systemClock } from '../src/index.ts';
import { systemRandom, uuidV7 } from '../src/shared/ids.ts';
import { runCheckouts } from './checkout-load.ts';
import { calibrationMs, median, type BenchResult } from './result.ts';
import { counting } from './subscribers.ts';

const aims = { publishNs: 50, replayPerSecond: 150_000, replayWithStatePerSecond: 80_000 };

const stateless = (): SubscriberDefinition => {
  let events = 0;
  return defineSubscriber({ name: 'stateless', on: { '*': () => void (events += 1) } });
};

/** Nanoseconds of one `tell`, the engine's way of publishing. `others`: somebody listens to something else. */
function publishNs(listeners: number, { others = false } = {}): number {
  const bus = new Bus((message) => {
    throw new Error(message);
  });
  let heard = 0;
  for (let index = 0; index < listeners; index += 1) {
    bus.listen('step.handle', { name: `listener ${index}`, hear: () => (heard += 1) });
  }
  if (others) bus.listen('task.completed', { name: 'other', hear: () => undefined });
  const live = new LiveEvents(bus, systemClock, (atMs) => uuidV7(atMs, systemRandom));
  const subject = { step: 'pay', attempt: 1, spanId: '00f067aa0ba902b7' };
  const times = listeners === 0 ? 5_000_000 : 200_000;
  const rounds = Array.from({ length: 7 }, () => {
    const began = performance.now();
    for (let index = 0; index < times; index += 1) live.tell('step.handle', subject, () => ({ timeoutMs: 5000 }));
    return ((performance.now() - began) * 1e6) / times;
  });
  if (heard !== listeners * times * rounds.length) throw new Error(`${heard} events were heard`);
  return Math.round(median(rounds) * 10) / 10;
}

async function replays(file: string, events: number, rounds: number) {
  const tasker = await createTasker(
    { storage: { kind: 'sqlite', file }, subscribers: [stateless(), counting('with-state')] },
    { env: {}, onWarning: () => undefined },
  );
  await tasker.start();
  const perSecond = async (name: string): Promise<number> => {
    const began = performance.now();
    const { reached } = await tasker.replay(name, { from: 'beginning' });
    if (reached < events) throw new Error(`the replay went to ${reached} of ${events}`);
    return reached / ((performance.now() - began) / 1000);
  };
  const rates = { stateless: [] as number[], withState: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    rates.stateless.push(await perSecond('stateless'));
    rates.withState.push(await perSecond('with-state'));
  }
  const state = (await tasker.subscriberState('with-state')) as { readonly events: number };
  if (state.events < events) throw new Error(`the state has counted ${state.events} of ${events}`);
  await tasker.stop();
  return { stateless: Math.round(median(rates.stateless)), withState: Math.round(median(rates.withState)) };
}

export async function benchEvents({ full }: { full: boolean }): Promise<BenchResult> {
  const nobody = publishNs(0);
  const elsewhere = publishNs(0, { others: true });
  const one = publishNs(1);
  const ten = publishNs(10);
  const tasks = full ? 154_000 : 12_000;
  const events = tasks * 13;
  const folder = await mkdtemp(join(tmpdir(), 'tasker-bench-'));
  try {
    const file = join(folder, 'log.db');
    await runCheckouts(file, tasks);
    const replay = await replays(file, events, full ? 1 : 3);
    const ratios = {
      publish: Math.round((nobody / aims.publishNs) * 100) / 100,
      replay: Math.round((replay.stateless / aims.replayPerSecond) * 100) / 100,
      replayWithState: Math.round((replay.withState / aims.replayWithStatePerSecond) * 100) / 100,
    };
    return {
      name: 'events',
      table: [
        ['publishing, nobody listens', `${nobody} ns`],
        ['publishing, somebody listens to something else', `${elsewhere} ns`],
        ['publishing, one listener', `${one} ns`],
        ['publishing, ten listeners', `${ten} ns`],
        [`replay of ${events} events, without state`, `${replay.stateless}/s`],
        [`replay of ${events} events, with state`, `${replay.withState}/s`],
        ['calibration loop', `${Math.round(calibrationMs() * 10) / 10} ms`],
      ],
      figures: { nobody, elsewhere, one, ten, events, stateless: replay.stateless, withState: replay.withState },
      ratios,
      target: `aims: nobody at most ${aims.publishNs} ns, replay at least ${aims.replayPerSecond}/s, with state ${aims.replayWithStatePerSecond}/s`,
      met: ratios.publish <= 1 && ratios.replay >= 1 && ratios.replayWithState >= 1,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
