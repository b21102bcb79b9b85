// Durable five-step checkouts per second on one PostgreSQL server: here, with more workers, and elsewhere. The ratios are what counts.
import { existsSync } from 'node:fs';

import { inFlight } from './checkout-work.ts';
import type { Surroundings } from './peers/on-postgres.ts';
import { enterPeers, measureOpen, partOfPeers } from './postgres/against-peers.ts';
import { openDatabases } from './postgres/databases.ts';
import { largeTables } from './postgres/large-tables.ts';
import type { Part, Timings } from './postgres/part.ts';
import { enterWorkers, partOfWorkers } from './postgres/scale-out.ts';
import { interleave, leave, type Standing } from './postgres/standing.ts';
import { startReceiver } from './receiver.ts';
import { calibrationMs, NotReady, type BenchResult } from './result.ts';

// The slowest peers need most of a second for one workflow of fifty in flight: a shorter window would see none end.
const short: Timings = {
  rounds: 2,
  firstMs: 500,
  warmUpMs: 500,
  windowMs: 1500,
  open: { warmUpMs: 300, windowMs: 1200 },
};
const long: Timings = {
  rounds: 5,
  firstMs: 3000,
  warmUpMs: 1000,
  windowMs: 5000,
  open: { warmUpMs: 1000, windowMs: 10_000 },
};
const many = { tasks: 500_000, events: 10_000_000 };

export async function benchPostgres({ full, server }: { full: boolean; server?: string }): Promise<BenchResult> {
  if (!existsSync(new URL('peers/node_modules', import.meta.url))) {
    throw new NotReady('The peers are not installed. Run `npm ci --prefix bench/peers` first (about 310 MB).');
  }
  const timings = full ? long : short;
  const databases = await openDatabases(server);
  const receiver = await startReceiver().catch(async (error: unknown) => {
    await databases.stop();
    throw error;
  });
  const { version, settings, folder } = databases;
  const surroundingsOf = async (purpose: string): Promise<Surroundings> => ({
    url: await databases.create(purpose),
    version,
    settings,
    folder,
    tracesUrl: receiver.url,
  });
  const parts: Part[] = [];
  try {
    parts.push(...(await measureEngines(surroundingsOf, timings)));
    if (full) parts.push(await largeTables(surroundingsOf, timings, many));
  } finally {
    await receiver.stop();
    await databases.stop();
  }
  return combine(parts, timings, `PostgreSQL ${version}, ${settings}`);
}

/** All by turns: one worker of ours is measured against the peers and against more of its own kind at once. */
async function measureEngines(
  surroundingsOf: (purpose: string) => Promise<Surroundings>,
  timings: Timings,
): Promise<readonly Part[]> {
  const started: Standing[] = [];
  try {
    const [peers, workers] = await Promise.all([
      enterPeers(surroundingsOf, started),
      enterWorkers(surroundingsOf, started),
    ]);
    await interleave([peers.tasker, peers.observed, ...peers.others, workers.two, workers.four], timings);
    const openMs = await measureOpen(peers, timings);
    return [partOfPeers(peers, openMs), partOfWorkers(peers.tasker, workers)];
  } finally {
    await leave(started);
  }
}

function combine(parts: readonly Part[], { rounds, windowMs }: Timings, serverWords: string): BenchResult {
  const calibration = Math.round(calibrationMs() * 10) / 10;
  const aims = parts.flatMap((part) => part.aims);
  return {
    name: 'postgres',
    table: [
      ['five-step workflows', `${inFlight} in flight, ${rounds} rounds of ${windowMs / 1000} s, by turns`],
      ['server', serverWords],
      ...parts.flatMap(({ table }) => table),
      ['calibration loop', `${calibration} ms`],
    ],
    figures: Object.assign(
      { calibrationMs: calibration },
      ...parts.map((part) => part.figures),
    ) as BenchResult['figures'],
    ratios: Object.assign({}, ...parts.map((part) => part.ratios)) as BenchResult['ratios'],
    target: aims.map(({ aim }) => aim).join(', '),
    met: aims.every(({ met }) => met),
  };
}
