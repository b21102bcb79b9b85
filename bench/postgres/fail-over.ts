// How long the others need when one of several workers is killed, or told to stop: until its subscribers and its tasks go on.
import { join } from 'node:path';

import { createTasker } from '../../src/index.ts';
import { calibrationMs, quantile, type BenchResult } from '../result.ts';
import { openDatabases } from './databases.ts';
import { startFleetWorker, type FleetWorker, type Heard, type WorkerEnvironment } from './fail-over-worker.ts';

const workers = 4;
const perSecond = 20;
/** The default, and one for those who cannot wait so long. */
const leasesMs = [10_000, 2000];
const threads = ['engine', 'thread'] as const;
/** Each errand is three steps of 0.2 s; what is under way when one worker goes must be over well before the next does. */
const settleMs = 1500;
const giveUpMs = 40_000;
/** Beyond the lease: others' next renewal (a fifth of it) or look (a second), and the start of a thread. */
const killedAllowanceMs = 4000;
const leftAllowanceMs = 3000;

const endings = [
  { signal: 'SIGKILL', of: 'follower', what: 'killed, with the subscribers' },
  { signal: 'SIGKILL', of: 'another', what: 'killed, with tasks alone' },
  { signal: 'SIGTERM', of: 'follower', what: 'told to stop, with the subscribers' },
  { signal: 'SIGTERM', of: 'another', what: 'told to stop, with tasks alone' },
] as const;
type Ending = (typeof endings)[number];

interface Outcome {
  readonly ending: Ending;
  /** From the end of the worker until another's subscriber handled an event, by the subscriber's thread; none where it ran none. */
  readonly followedMs: Partial<Record<(typeof threads)[number], number>>;
  /** For each task that it held, until another began a step of it. */
  readonly resumedMs: readonly number[];
  /** The longest time in which a subscriber handled nothing. */
  readonly gapMs: number;
}

export async function benchFailOver({ full, server }: { full: boolean; server?: string }): Promise<BenchResult> {
  const rounds = full ? 10 : 2;
  const databases = await openDatabases(server);
  // Types are stripped once, as for a package: else a thread's start would take twice as long as it does for users.
  const cache = join(databases.folder, 'compile-cache');
  const outcomes = new Map<number, readonly Outcome[]>();
  try {
    for (const leaseMs of leasesMs) {
      outcomes.set(leaseMs, await failOver(await databases.create(`fail_over_${leaseMs}`), cache, leaseMs, rounds));
    }
  } finally {
    await databases.stop();
  }
  return report(outcomes, rounds, `PostgreSQL ${databases.version}, ${databases.settings}`);
}

async function failOver(url: string, cache: string, leaseMs: number, rounds: number): Promise<readonly Outcome[]> {
  const fleet = new Fleet({ DATABASE_URL: url, LEASE_MS: String(leaseMs), NODE_COMPILE_CACHE: cache });
  const outcomes: Outcome[] = [];
  try {
    await fleet.start();
    for (let round = 0; round < rounds; round += 1) {
      for (const ending of endings) {
        const outcome = await fleet.lose(ending, round);
        outcomes.push(outcome);
        console.error(`leaseMs ${leaseMs}, round ${round + 1}: ${ending.what}; ${timesOf(outcome)}`);
      }
    }
    await fleet.stopLoad();
    return outcomes;
  } finally {
    await fleet.end();
  }
}

class Fleet {
  readonly #env: WorkerEnvironment;
  readonly #workers = new Set<FleetWorker>();
  /** Of this round. */
  #heard: Heard[] = [];
  #stopLoad: () => Promise<void> = () => Promise.resolve();

  constructor(env: WorkerEnvironment) {
    this.#env = env;
  }

  async start(): Promise<void> {
    const first = await startFleetWorker(this.#env, () => undefined);
    // What it has compiled it writes when it ends.
    await first.end('SIGTERM');
    for (let count = 0; count < workers; count += 1) await this.#add();
    this.#stopLoad = await startLoad(this.#env.DATABASE_URL);
  }

  /** @throws when a task could not be started. */
  async stopLoad(): Promise<void> {
    await this.#stopLoad();
    this.#stopLoad = () => Promise.resolve();
  }

  async end(): Promise<void> {
    await this.#stopLoad().catch(() => undefined);
    await Promise.all([...this.#workers].map((worker) => worker.end('SIGKILL')));
  }

  /** Ends one of the workers and waits until everything it held has gone on; another takes its place afterwards. */
  async lose(ending: Ending, round: number): Promise<Outcome> {
    this.#heard = [];
    await pause(settleMs);
    const chosen = (): FleetWorker | undefined => this.#chosen(ending, round);
    await this.#until('are under way', () => {
      const worker = chosen();
      return worker !== undefined && this.#held(worker).size > 0;
    });
    const victim = chosen();
    if (victim === undefined) throw new Error('there is no worker to end');
    const subscribers = threads.filter((on) => this.#handler(on) === victim);
    const atMs = performance.now();
    this.#workers.delete(victim);
    const goneOn = this.#until('go on', () => {
      const followed = subscribers.every((on) => this.#followedAt(on, victim, atMs) !== undefined);
      return followed && this.#held(victim).size === 0;
    });
    await Promise.all([victim.end(ending.signal), goneOn]);
    const endedMs = performance.now();
    const followed = subscribers.map((on) => [on, (this.#followedAt(on, victim, atMs) ?? Number.NaN) - atMs]);
    const outcome: Outcome = {
      ending,
      followedMs: Object.fromEntries(followed),
      resumedMs: [...this.#resumed(victim, atMs).values()].map((resumedAt) => resumedAt - atMs),
      gapMs: Math.max(...threads.map((on) => this.#longestGapMs(on, endedMs))),
    };
    await this.#add();
    return outcome;
  }

  #longestGapMs(on: (typeof threads)[number], endedMs: number): number {
    const handled = this.#heard.filter(({ told }) => told.kind === 'handled' && told.on === on);
    const times = [...handled.map(({ atMs }) => atMs), endedMs];
    return Math.max(0, ...times.map((each, index) => each - (times[index - 1] ?? each)));
  }

  /** Each subscriber has a lease of its own, so one worker may have either, both or none of them. */
  #chosen({ of }: Ending, round: number): FleetWorker | undefined {
    const handlers = threads.map((on) => this.#handler(on));
    if (handlers.includes(undefined)) return undefined;
    if (of === 'follower') return handlers[round % threads.length];
    return [...this.#workers].find((worker) => !handlers.includes(worker));
  }

  #handler(on: (typeof threads)[number]): FleetWorker | undefined {
    return this.#heard.findLast(({ told }) => told.kind === 'handled' && told.on === on)?.worker;
  }

  /** Tasks that the worker began a step of last, and that have not ended. */
  #held(worker: FleetWorker): Set<string> {
    const held = new Map<string, FleetWorker>();
    for (const { told, worker: by } of this.#heard) {
      if (told.kind === 'began') held.set(told.taskId, by);
      if (told.kind === 'ended' && told.step === 'third') held.delete(told.taskId);
    }
    return new Set([...held].filter(([, by]) => by === worker).map(([taskId]) => taskId));
  }

  /** Of tasks that were the worker's until then, when another began a step of them. */
  #resumed(worker: FleetWorker, sinceMs: number): Map<string, number> {
    const last = new Map<string, FleetWorker>();
    const resumed = new Map<string, number>();
    for (const { told, worker: by, atMs } of this.#heard) {
      if (told.kind !== 'began') continue;
      if (atMs >= sinceMs && by !== worker && last.get(told.taskId) === worker) resumed.set(told.taskId, atMs);
      last.set(told.taskId, by);
    }
    return resumed;
  }

  #followedAt(on: (typeof threads)[number], victim: FleetWorker, sinceMs: number): number | undefined {
    return this.#heard.find(
      ({ told, worker, atMs }) => told.kind === 'handled' && told.on === on && worker !== victim && atMs >= sinceMs,
    )?.atMs;
  }

  async #add(): Promise<void> {
    this.#workers.add(await startFleetWorker(this.#env, (heard) => this.#heard.push(heard)));
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const from = performance.now();
    while (!holds()) {
      if (performance.now() - from > giveUpMs) {
        throw new Error(`not all subscribers and tasks ${what} within ${giveUpMs / 1000} s`);
      }
      await pause(20);
    }
  }
}

/** An open loop: one is started when it is due, whatever became of those before. Returns how to stop it. */
async function startLoad(url: string): Promise<() => Promise<void>> {
  const tasker = await createTasker(
    { storage: { kind: 'postgres', url }, observers: false },
    { env: {}, onWarning: () => undefined },
  );
  const open = new Set<Promise<unknown>>();
  const refused: unknown[] = [];
  const timer = setInterval(() => {
    const one: Promise<unknown> = tasker
      .run({ namespace: 'bench', name: 'errand', context: {} })
      .catch((error: unknown) => refused.push(error))
      .finally(() => open.delete(one));
    open.add(one);
  }, 1000 / perSecond);
  return async () => {
    clearInterval(timer);
    await Promise.all(open);
    await tasker.stop();
    // Somebody has always been there to take it.
    if (refused.length > 0) throw new AggregateError(refused, `${refused.length} tasks could not be started`);
  };
}

function report(outcomes: ReadonlyMap<number, readonly Outcome[]>, rounds: number, serverWords: string): BenchResult {
  const calibration = Math.round(calibrationMs() * 10) / 10;
  const table: [string, string][] = [
    ['fleet', `${workers} workers, ${perSecond} tasks of three steps a second, each ended ${rounds} times`],
    ['server', serverWords],
  ];
  const figures: Record<string, number> = { calibrationMs: calibration };
  const ratios: Record<string, number> = {};
  let met = true;
  for (const [leaseMs, all] of outcomes) {
    for (const ending of endings) {
      const these = all.filter((outcome) => outcome.ending === ending);
      const [onEngine = [], inThread = []] = threads.map((on) =>
        these.flatMap(({ followedMs }) => followedMs[on] ?? []),
      );
      const resumed = these.flatMap(({ resumedMs }) => resumedMs);
      const gapMs = Math.round(Math.max(...these.map((outcome) => outcome.gapMs)));
      const killed = ending.signal === 'SIGKILL';
      const follows = ending.of === 'follower';
      const name = `${killed ? 'killed' : 'left'}${follows ? 'Follower' : ''}At${leaseMs}`;
      table.push(
        [`leaseMs ${leaseMs}: ${ending.what}`, `tasks go on after ${range(resumed)}`],
        ...(follows
          ? ([
              [
                '',
                `subscribers on the engine's thread after ${range(onEngine)}, in one of their own ${range(inThread)}`,
              ],
            ] satisfies [string, string][])
          : []),
        ['', `longest time in which a subscriber handled nothing: ${gapMs} ms`],
      );
      figures[`${name}TasksMs`] = longest(resumed);
      figures[`${name}GapMs`] = gapMs;
      if (follows) {
        figures[`${name}OnEngineMs`] = longest(onEngine);
        figures[`${name}InThreadMs`] = longest(inThread);
      }
      const longestMs = longest([...resumed, ...onEngine, ...inThread]);
      if (killed) ratios[`${name}ToLease`] = Math.round((longestMs / leaseMs) * 100) / 100;
      met &&= longestMs <= (killed ? leaseMs + killedAllowanceMs : leftAllowanceMs);
    }
  }
  table.push(['calibration loop', `${calibration} ms`]);
  return {
    name: 'postgres-fail-over',
    table,
    figures,
    ratios,
    target: `after a kill within leaseMs + ${killedAllowanceMs} ms, after SIGTERM within ${leftAllowanceMs} ms`,
    met,
  };
}

/** A line for whoever waits: a round takes half a minute. */
function timesOf({ followedMs, resumedMs, gapMs }: Outcome): string {
  const followed = Object.entries(followedMs).map(([on, ms]) => `on ${on} ${Math.round(ms)} ms`);
  return [...followed, `tasks ${range(resumedMs)}`, `gap ${Math.round(gapMs)} ms`].join(', ');
}

function longest(values: readonly number[]): number {
  return Math.round(Math.max(0, ...values));
}

function range(values: readonly number[]): string {
  if (values.length === 0) return 'none';
  const [least, middle, most] = [0, 0.5, 1].map((share) => Math.round(quantile(values, share)));
  return `${least} to ${most} ms (median ${middle}, ${values.length})`;
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, forMs);
  });
}
