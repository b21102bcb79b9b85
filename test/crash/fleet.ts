import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { FleetProcessOptions } from './fleet-process.ts';

const entry = fileURLToPath(new URL('./fleet-process.ts', import.meta.url));
/** As in fleet-process.ts, which is a program and not to be imported. */
const exitCodeOfUnavailable = 4;

export interface FleetWorker {
  readonly pid: number;
  readonly operationsUrl: string | null;
  readonly frozen: boolean;
}

interface Member {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  readonly closed: Promise<unknown>;
  operationsUrl: string | null;
  frozen: boolean;
}

/** Workers on one database, each in a process of its own. One that ends before it is told to is replaced. */
export class Fleet {
  readonly #options: FleetProcessOptions;
  readonly #members = new Set<Member>();
  readonly #thawing = new Set<Promise<unknown>>();
  readonly #said: string[] = [];
  readonly #failures: string[] = [];
  #ending = false;

  constructor(options: FleetProcessOptions) {
    this.#options = options;
  }

  get workers(): readonly FleetWorker[] {
    return [...this.#members];
  }

  /** That have started, and are neither frozen nor dead. */
  get atWork(): readonly FleetWorker[] {
    return this.workers.filter(({ operationsUrl, frozen }) => operationsUrl !== null && !frozen);
  }

  /** Ends that nobody asked for, with their last words. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** What workers have said on standard error, the latest of it. */
  get said(): readonly string[] {
    return this.#said;
  }

  start(count: number): void {
    for (let index = 0; index < count; index += 1) this.#spawn();
  }

  /** As the kernel ends a process that takes too much memory. */
  kill({ pid }: FleetWorker): void {
    process.kill(pid, 'SIGKILL');
  }

  /** Resolves when it goes on. A shell does both, so that no process stays frozen, whatever becomes of this one. */
  async freeze(worker: FleetWorker, forMs: number): Promise<void> {
    const member = [...this.#members].find(({ pid }) => pid === worker.pid);
    if (member === undefined) throw new Error(`there is no worker ${worker.pid}`);
    member.frozen = true;
    const script = `kill -STOP ${member.pid}; sleep ${forMs / 1000}; kill -CONT ${member.pid}`;
    const thawing = once(spawn('sh', ['-c', script], { stdio: 'ignore', detached: true }), 'close');
    this.#thawing.add(thawing);
    await thawing;
    this.#thawing.delete(thawing);
    member.frozen = false;
  }

  /** In order, as a deployment does. */
  async stop(): Promise<void> {
    await Promise.all(this.#thawing);
    this.#ending = true;
    const members = [...this.#members];
    for (const { child } of members) child.stdin.write('stop\n');
    await Promise.all(members.map(({ closed }) => closed));
  }

  /** Whatever state they are in. */
  async end(): Promise<void> {
    this.#ending = true;
    const members = [...this.#members];
    for (const { child } of members) child.kill('SIGKILL');
    await Promise.all(members.map(({ closed }) => closed));
    await Promise.all(this.#thawing);
  }

  #spawn(): void {
    const child = spawn(process.execPath, [entry, JSON.stringify(this.#options)], { stdio: 'pipe' });
    const member: Member = {
      child,
      pid: child.pid ?? 0,
      closed: once(child, 'close'),
      operationsUrl: null,
      frozen: false,
    };
    this.#members.add(member);
    const words: string[] = [];
    // A worker that dies while it is told to stop is no error of this process's.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => {
      words.push(line);
      this.#said.push(`${member.pid}: ${line}`);
      if (this.#said.length > 200) this.#said.shift();
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) member.operationsUrl = line.slice(6);
    });
    child.on('close', (code, signal) => {
      this.#members.delete(member);
      const wasKilled = signal === 'SIGKILL';
      if (!wasKilled && code !== (this.#ending ? 0 : exitCodeOfUnavailable))
        this.#failures.push(`worker ${member.pid} ended with ${code ?? signal}: ${words.slice(-20).join('\n')}`);
      if (!this.#ending) void this.#replace(wasKilled);
    });
  }

  async #replace(wasKilled: boolean): Promise<void> {
    if (!wasKilled) await setTimeout(200);
    if (!this.#ending) this.#spawn();
  }
}
