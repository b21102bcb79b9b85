import { PgBoss } from 'pg-boss';

import type { Queries } from './connection.ts';
import { closedError, type Place, sqlState } from './storage-errors.ts';

/** A task that waits in the store: its job wakes somebody up when it is due, and no sooner. */
export interface WakeUp {
  readonly taskId: string;
  readonly namespace: string;
  readonly priority: number;
  readonly dueAt: number;
  /** Of the task as it waits: once it has been taken, the job is void. */
  readonly token: number;
  /** The place in the group of the change that makes it wait, from 1. */
  readonly at: number;
}

/** pg-boss's insert for one queue, and its one value: JSON of the jobs. */
export interface Enqueueing {
  readonly sql: string;
  readonly jobs: string;
}

/** pg-boss's statements that take from a queue: the first as it is, the others with queue and ids of jobs. */
export interface Taking {
  readonly queue: string;
  readonly fetch: string;
  readonly complete: string;
  /** One after the other they put a job back as it was: its place in the queue is kept. */
  readonly cancel: string;
  readonly resume: string;
}

const maintainEverySeconds = 60;
const keepCompletedSeconds = 30;
/**
 * After a task was due, longer than any standstill: pg-boss's own 14 days would delete the jobs of a fleet that was off
 * for so long as often as they are put in again. One that is left over goes when it is fetched.
 */
const keepWaitingSeconds = 2_000_000_000;
// What PostgreSQL reads as a time; later than that, nobody waits.
const latestMs = Date.parse('9999-12-31T00:00:00Z');
const noJob = '00000000-0000-0000-0000-000000000000';

/**
 * The work queue proper, pg-boss, in a schema of its own. It is started when the first task waits: a process that
 * never makes one wait nor takes one pays nothing.
 *
 * Its statements are not run as they come but recorded, by a `db` that only listens, and handed to the database's own
 * functions: these run them between the task's lease and the facts, in the one statement that a flush is. A transaction
 * of several statements would stand open, with its locks, for as long as its process were stopped between two of them.
 */
export class JobQueue {
  readonly schema: string;
  readonly #queries: Queries;
  readonly #place: Place;
  readonly #known = new Set<string>();
  #boss: Promise<PgBoss> | null = null;
  #closed = false;

  constructor(queries: Queries, place: Place) {
    this.#queries = queries;
    this.#place = place;
    this.schema = `${place.schema}_queue`;
  }

  /** One for each queue that is needed. */
  async enqueueing(wakeUps: readonly WakeUp[]): Promise<readonly Enqueueing[]> {
    if (wakeUps.length === 0) return [];
    const boss = await this.#started();
    return Promise.all(
      [...Map.groupBy(wakeUps, ({ namespace }) => namespace)].map(async ([namespace, group]) => {
        const queue = await this.#queue(boss, namespace);
        const { sql, values } = await recorded((db) => boss.insert(queue, group.map(toJob), { db }));
        return { sql, jobs: String(values[0]) };
      }),
    );
  }

  async taking(namespaces: readonly string[], limit: number): Promise<readonly Taking[]> {
    const boss = await this.#started();
    return Promise.all(
      namespaces.map(async (namespace) => {
        const queue = await this.#queue(boss, namespace);
        const fetched = { batchSize: limit, includeMetadata: true } as const;
        const [fetch, complete, cancel, resume] = await Promise.all([
          recorded((db) => boss.fetch(queue, { ...fetched, db })),
          recorded((db) => boss.complete(queue, noJob, null, { db })),
          recorded((db) => boss.cancel(queue, noJob, { db })),
          recorded((db) => boss.resume(queue, noJob, { db })),
        ]);
        return { queue, fetch: fetch.sql, complete: complete.sql, cancel: cancel.sql, resume: resume.sql };
      }),
    );
  }

  /** Forgets what it knew when the queue's schema, or a queue, has gone: it will be made anew. True when that was it. */
  async recover(error: unknown): Promise<boolean> {
    if (!isMissing(error)) return false;
    // Nothing to stop where somebody else is at it already; whoever asked tries again all the same.
    await this.#stop();
    return true;
  }

  /** For good: what is still under way starts no other one, whose timers nobody would stop. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const starting = this.#boss;
    this.#boss = null;
    this.#known.clear();
    const boss = await starting?.catch(() => null);
    if (boss) await halt(boss);
  }

  #started(): Promise<PgBoss> {
    if (this.#closed) return Promise.reject(closedError(this.#place));
    if (this.#boss !== null) return this.#boss;
    const starting = this.#start().catch((error: unknown) => {
      if (this.#boss === starting) this.#boss = null;
      throw error;
    });
    this.#boss = starting;
    return starting;
  }

  async #start(): Promise<PgBoss> {
    const found = await this.#queries.rows('select from pg_namespace where nspname = $1', [this.schema]);
    const boss = new PgBoss({
      db: { executeSql: (text, values) => this.#queries.query(text, values ?? []) },
      schema: this.schema,
      // PostgreSQL asks for the right to create schemas even where there is nothing to create.
      createSchema: found.length === 0,
      schedule: false,
      registerInstance: false,
      openTelemetry: { enabled: false },
      maintenanceIntervalSeconds: maintainEverySeconds,
    });
    // Its maintenance tries again by itself, and what fails for us we see ourselves.
    boss.on('error', () => undefined);
    try {
      await boss.start();
    } catch (error) {
      // It may have come as far as its timers, which would keep the process running.
      await halt(boss);
      throw error;
    }
    return boss;
  }

  async #queue(boss: PgBoss, namespace: string): Promise<string> {
    const queue = queueOf(namespace);
    if (!this.#known.has(queue)) {
      await boss.createQueue(queue, { deleteAfterSeconds: keepCompletedSeconds });
      this.#known.add(queue);
    }
    return queue;
  }
}

/** Its timers are stopped first: that it can no longer ask the database for the rest is of no account. */
async function halt(boss: PgBoss): Promise<void> {
  await boss.stop({ graceful: false, close: false }).catch(() => undefined);
}

/** Of what a namespace may hold, a queue's name takes letters, digits, `_` and `-`; the rest becomes `.xx`, byte by byte. */
export function queueOf(namespace: string): string {
  const bytes = [...Buffer.from(namespace, 'utf8')];
  return `in/${bytes.map((byte) => escaped(byte)).join('')}`;
}

function escaped(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[\w-]/.test(character) && byte < 128 ? character : `.${byte.toString(16).padStart(2, '0')}`;
}

function toJob({ taskId, priority, dueAt, token, at }: WakeUp) {
  return {
    data: { taskId, token },
    startAfter: new Date(Math.min(dueAt, latestMs)),
    retentionSeconds: keepWaitingSeconds,
    priority,
    singletonKey: taskId,
    // Not pg-boss's: the commit function leaves out the jobs of changes that were refused.
    at,
  };
}

interface Recorded {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The one statement that a call of pg-boss comes down to. */
async function recorded(
  call: (db: {
    executeSql(text: string, values?: unknown[]): Promise<{ rows: { count: string }[] }>;
  }) => Promise<unknown>,
): Promise<Recorded> {
  const statements: Recorded[] = [];
  await call({
    async executeSql(sql, values = []) {
      statements.push({ sql, values });
      // What settles or resumes jobs asks how many there were.
      return { rows: [{ count: '0' }] };
    },
  });
  const [statement] = statements;
  if (statement === undefined || statements.length > 1) {
    throw new Error(`pg-boss made ${statements.length} statements of a call for which one was expected`);
  }
  return statement;
}

/** No such schema, table, function or queue. */
function isMissing(error: unknown): boolean {
  const state = sqlState(error);
  if (state === '42P01' || state === '3F000' || state === '42883' || state === '23503') return true;
  return error instanceof Error && /^Queue .* does not exist/.test(error.message);
}
