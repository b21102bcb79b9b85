import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { checkoutSteps } from '../checkout-context.ts';
import config from '../incident.config.ts';
import { LogTail } from '../log-tail.ts';
import { operationsPort, startUsualServices } from '../places.ts';
import type { Services } from '../services/services.ts';
import { createTasker, type Tasker } from '../tasker.ts';
import { tracesLine } from '../traces.ts';
import { checkoutContexts } from '../traffic.ts';
import { Chronicle, type Moment } from './chronicle.ts';
import { drawMoment } from './draw-moment.ts';
import { drawOutcome, secondsToTell } from './draw-outcome.ts';
import { watchHealth } from './health-watch.ts';
import type { Incident } from './incident.ts';
import { type OpenLoopCounts, sendSteadily } from './open-loop.ts';
import { handlersOf } from './releases.ts';
import { ShopEngine } from './shop-engine.ts';
import { Terminal } from './terminal.ts';
import { begin, end, servicesHit, setUsualDay } from './trouble.ts';

export interface IncidentTimes {
  readonly ratePerSecond: number;
  readonly seed: number;
  /** How long all is well before. */
  readonly healthyMs: number;
  readonly faultMs: number;
  /** How long the resolution is waited for, at most. */
  readonly watchMs: number;
  /** The database, as an absolute path; it is made anew. */
  readonly file: string;
}

const readEveryMs = 150;
/** A call that hangs times out after 15 s, and is tried again; longer is nothing waited for at the end. */
const drainMs = 40_000;
/** Alerting looks once a second, and says nothing where nothing more was lost. */
const costMs = 4000;

/** Resolves to whether somebody was told, and told that it was over. */
export async function runIncident(incident: Incident, times: IncidentTimes): Promise<boolean> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const interrupted = interruption.signal;
  await makeAnew(times.file);
  const services = await startUsualServices();
  const tasker = await createTasker(
    { ...config, storage: { kind: 'sqlite', file: times.file }, handlers: handlersOf('usual', services.urls) },
    { baseDir: import.meta.dirname.replace(/incidents$/, '') },
  );
  const run = new IncidentRun(incident, times, services, tasker, await operationsPort(), interrupted);
  try {
    await setUsualDay(incident, services);
    return await run.play();
  } catch (error) {
    if (!interrupted.aborted) throw error;
    console.log('\nInterrupted.');
    return false;
  } finally {
    await run.stop();
    await tasker.stop();
    await services.close();
  }
}

/** An earlier incident's past is none of a usual shop's: alerting would learn from it. */
async function makeAnew(file: string): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  // With what SQLite and the engine keep beside it.
  const its = (await readdir(folder)).filter((name) => name.startsWith(basename(file)));
  for (const name of its) await rm(join(folder, name), { force: true });
}

class IncidentRun {
  readonly #incident: Incident;
  readonly #times: IncidentTimes;
  readonly #services: Services;
  readonly #engine: ShopEngine;
  /** Aborted with why the run cannot go on. */
  readonly #stop = new AbortController();
  readonly #tasker: Tasker;
  readonly #tail: LogTail;
  readonly #chronicle: Chronicle;
  readonly #counts: OpenLoopCounts = { accepted: 0, waiting: 0, turnedAway: 0 };
  readonly #terminal = new Terminal({
    redraws: process.stdout.isTTY,
    columns: () => process.stdout.columns,
    write: (text) => process.stdout.write(text),
    nowMs: () => performance.now(),
  });
  #beganMs = 0;
  #previousMs: number | null = null;

  constructor(
    incident: Incident,
    times: IncidentTimes,
    services: Services,
    tasker: Tasker,
    port: number,
    interrupted: AbortSignal,
  ) {
    this.#incident = incident;
    this.#times = times;
    this.#services = services;
    this.#tasker = tasker;
    interrupted.addEventListener('abort', () => this.#stop.abort(interrupted.reason));
    this.#chronicle = new Chronicle(incident, (moment) => this.#show(moment));
    this.#tail = new LogTail(tasker, 0);
    this.#engine = new ShopEngine(
      { file: times.file, urls: services.urls, operationsPort: port },
      (notice, receivedAtMs) => this.#chronicle.notice(notice, receivedAtMs),
      () => this.#stop.abort(new Error('The engine has ended, and nobody has asked it to')),
    );
  }

  async play(): Promise<boolean> {
    const { ratePerSecond, seed, healthyMs, faultMs, watchMs } = this.#times;
    await this.#engine.start('usual');
    this.#beganMs = Date.now();
    this.#introduce();
    const closed = new AbortController();
    const contexts = checkoutContexts(seed, { invalidTotalFraction: 0, declinedFraction: 0 });
    const traffic = sendSteadily(this.#tasker, this.#counts, {
      ratePerSecond,
      contexts,
      stop: AbortSignal.any([closed.signal, this.#stop.signal]),
      leave: this.#stop.signal,
    });
    // What it fails with is thrown where it is awaited, at the end of this run, which need not be waited for.
    traffic.catch((error: unknown) => this.#stop.abort(error));

    await this.#follow('all is well', healthyMs);
    const { chronicle } = this;
    chronicle.faultBegins(await begin(this.#incident, this.#services, this.#engine));
    const asked = await this.#whileHealthIsAsked(() => this.#follow('the fault lasts', faultMs));
    await this.#read();
    chronicle.faultEnds(await end(this.#incident, this.#services, this.#engine));
    await this.#follow('until it is over', watchMs, () => this.#isOver());
    closed.abort();
    await traffic;
    await this.#follow('the last checkouts', drainMs, () => chronicle.ledger.openTasks.size === 0);
    await this.#follow('what it has cost', costMs, () => !chronicle.mayCostMore);
    this.#terminal.endStatus();
    const outcome = {
      incident: this.#incident,
      chronicle,
      stats: await this.#services.stats(),
      health: asked,
      turnedAway: this.#counts.turnedAway,
    };
    console.log(`\n${drawOutcome(outcome)}\n\n${nextSteps(chronicle.main?.exampleTask ?? null)}`);
    return secondsToTell(chronicle) !== null && chronicle.open.size === 0;
  }

  async stop(): Promise<void> {
    await this.#engine.stop();
  }

  get chronicle(): Chronicle {
    return this.#chronicle;
  }

  #isOver(): boolean {
    const { marks, open } = this.#chronicle;
    return marks.has('wellAgain') && marks.has('notified') && open.size === 0;
  }

  /** Shows what happens for so long, or until it is enough. */
  async #follow(phase: string, forMs: number, isEnough: () => boolean = () => false): Promise<void> {
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs) {
      this.#stop.signal.throwIfAborted();
      await this.#read();
      if (isEnough()) return;
      this.#terminal.status(this.#statusText(phase));
      await delay(readEveryMs);
    }
  }

  async #whileHealthIsAsked(act: () => Promise<void>) {
    const health = watchHealth(servicesHit(this.#incident).map((name) => this.#services.urls[name]));
    try {
      await act();
    } finally {
      health.stop();
    }
    return health.counts;
  }

  #read(): Promise<void> {
    return this.#tail.read((event) => this.#chronicle.event(event));
  }

  #show(moment: Moment): void {
    this.#terminal.print(drawMoment(moment, this.#beganMs, this.#previousMs));
    this.#previousMs = moment.atMs;
  }

  #statusText(phase: string): string {
    const { begun, completed, failed, openTasks } = this.#chronicle.ledger;
    const seconds = ((Date.now() - this.#beganMs) / 1000).toFixed(0).padStart(3);
    const door = this.#counts.waiting > 10 ? `, ${this.#counts.waiting} at the door` : '';
    return `  ${seconds} s  ${phase}: ${begun} checkouts, ${completed} completed, ${openTasks.size} open, ${failed} failed${door}`;
  }

  #introduce(): void {
    const { name, shows } = this.#incident;
    const { ratePerSecond, healthyMs, faultMs } = this.#times;
    console.log(`${name}: ${shows}\n`);
    console.log(`Checkouts: ${checkoutSteps.join(' → ')}`);
    console.log(
      `${ratePerSecond} a second, whatever becomes of the earlier ones; ${healthyMs / 1000} s of a usual day, then ${faultMs / 1000} s of trouble.`,
    );
    console.log(`Metrics: ${this.#engine.operationsUrl}/metrics   Health: ${this.#engine.operationsUrl}/health/ready`);
    console.log(`${tracesLine}\n`);
  }
}

function nextSteps(exampleTask: string | null): string {
  const tasker = 'npm run -s tasker -- -c examples/monitored-checkout/incident.config.ts';
  return `Everything is in .tasker/incident/tasker.db. Look around:

  ${tasker} events --name alert.triggered
  ${tasker} show ${exampleTask ?? '<task>'}
  ${tasker} tasks --status error`;
}
