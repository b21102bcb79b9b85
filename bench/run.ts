// npm run -s bench -- <name> [--full] [--server postgres://…]: a table for people and, last, one JSON line.
import { parseArgs } from 'node:util';

import { benchEngine } from './engine.ts';
import { benchEvents } from './events.ts';
import { benchMemory } from './memory.ts';
import { benchObserving } from './observing.ts';
import { benchPeers } from './peers.ts';
import { benchPostgres } from './postgres.ts';
import { benchFailOver } from './postgres/fail-over.ts';
import { benchScrape } from './scrape.ts';
import { benchSubscribers } from './subscribers.ts';
import { benchUnruly } from './unruly.ts';
import { benchWriterThread } from './writer-thread.ts';
import { NotReady, printResult, type BenchResult } from './result.ts';

interface BenchOptions {
  readonly full: boolean;
  /** URL of the server to measure on, instead of one that the benchmark brings. */
  readonly server?: string;
}

const benchmarks: Readonly<Record<string, (options: BenchOptions) => Promise<BenchResult>>> = {
  engine: benchEngine,
  events: benchEvents,
  memory: benchMemory,
  observing: benchObserving,
  peers: benchPeers,
  postgres: benchPostgres,
  'postgres-fail-over': benchFailOver,
  scrape: benchScrape,
  subscribers: benchSubscribers,
  unruly: benchUnruly,
  'writer-thread': benchWriterThread,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false }, server: { type: 'string' } },
});
const [name = ''] = positionals;
const run = benchmarks[name];
if (run === undefined) {
  console.error(`Expected the name of a benchmark, got '${name}'. There are: ${Object.keys(benchmarks).join(', ')}.`);
  process.exitCode = 2;
} else {
  try {
    const { full, server } = values;
    printResult(await run({ full, ...(server !== undefined && { server }) }));
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
