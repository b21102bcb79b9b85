// One contender: a process, or several that share a database, measured whenever asked.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { LaneFigures, Load } from '../peers/lanes.ts';
import type { LaneReply, LaneRequest, OnPostgresName, Surroundings } from '../peers/on-postgres.ts';

export interface Timing {
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface Lane {
  readonly versions: string;
  readonly durability: string;
  readonly processes: number;
  /** The load is shared out among the processes, and what they did is added up. */
  measure(load: Load, timing: Timing): Promise<LaneFigures>;
  stop(): Promise<void>;
}

/** @throws an error whose message says why the contender cannot be measured. */
export async function startLane(name: OnPostgresName, surroundings: Surroundings, processes = 1): Promise<Lane> {
  // The first makes the tables; that several may make them at once is for tests to show.
  const first = await startWorker(name, surroundings);
  const others = Array.from({ length: processes - 1 }, () => startWorker(name, surroundings));
  const workers = [first, ...(await Promise.all(others))];
  const { versions, durability } = first;
  return {
    versions,
    durability,
    processes,
    async measure(load, timing) {
      const parts = await Promise.all(
        workers.map((worker, index) => worker.measure(shareOf(load, index, workers.length), timing)),
      );
      return {
        perSecond: parts.reduce((sum, { perSecond }) => sum + perSecond, 0),
        latenciesMs: parts.flatMap(({ latenciesMs }) => latenciesMs),
      };
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

/** Whole flights: of fifty among four, two get thirteen and two get twelve. */
function shareOf(load: Load, index: number, of: number): Load {
  if (load.kind === 'open') return { kind: 'open', perSecond: load.perSecond / of };
  return { kind: 'closed', inFlight: Math.floor((load.inFlight + index) / of) };
}

type Worker = Omit<Lane, 'processes'>;

/** A dozen processes start from the same source at once: the first of them compiles it for all. */
const compileCache = join(tmpdir(), 'node-compile-cache');

const running = new Set<ChildProcess>();
// A bench that is interrupted must not leave workers behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** How long after the window the last workflows may take to end; then the worker is ended, and says no more. */
const patienceMs = 20_000;

async function startWorker(name: OnPostgresName, surroundings: Surroundings): Promise<Worker> {
  const file = fileURLToPath(new URL('../peers/lane-process.ts', import.meta.url));
  const child = fork(file, [name, JSON.stringify(surroundings)], {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    // A peer's own deprecations are not this bench's to tell.
    execArgv: ['--disable-warning=DeprecationWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  running.add(child);
  const kill = (): boolean => child.kill('SIGKILL');
  const exited = once(child, 'exit').then(() => running.delete(child));
  const ready = await nextReply(child);
  if (ready.kind !== 'ready')
    throw new Error(ready.kind === 'skipped' ? ready.reason : `it said '${ready.kind}' first`);
  return {
    versions: ready.versions,
    durability: ready.durability,
    async measure(load, { warmUpMs, windowMs }) {
      if (!child.connected) throw new Error('its process has ended');
      const reply = nextReply(child);
      child.send({ kind: 'measure', load, warmUpMs, windowMs } satisfies LaneRequest);
      const late = setTimeout(kill, warmUpMs + windowMs + patienceMs);
      const measured = await reply.finally(() => clearTimeout(late));
      if (measured.kind === 'measured') return measured;
      throw new Error(measured.kind === 'skipped' ? measured.reason : `it said '${measured.kind}' when measured`);
    },
    async stop() {
      if (child.connected) child.send({ kind: 'stop' } satisfies LaneRequest);
      const late = setTimeout(kill, 5000);
      await exited;
      clearTimeout(late);
    },
  };
}

function nextReply(child: ChildProcess): Promise<LaneReply> {
  return new Promise((resolve) => {
    const exited = (code: number | null, signal: string | null): void => {
      resolve({ kind: 'skipped', reason: `its process ended (${signal ?? code}) without a word` });
    };
    child.once('exit', exited);
    child.once('message', (message) => {
      child.removeListener('exit', exited);
      resolve(message as LaneReply);
    });
  });
}
