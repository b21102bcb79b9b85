import type {
  FactsOfJoining,
  FactsOfLost,
  LostWorker,
  Renewal,
  WorkerInfo,
  WorkerRegistry,
} from '../../execution/workers.ts';
import type { NewEvent } from '../../log/event-log.ts';
import { TaskerError } from '../../shared/errors.ts';
import { eventColumns, loneEvents, parameters } from './append-events.ts';
import { integerArray, textArray } from './binary-arrays.ts';
import { type Connections, mapped, type Queries } from './connection.ts';
import { requireFilled } from './filling.ts';
import type { Membership } from './membership.ts';
import { sqlState } from './storage-errors.ts';
import { untilNoConflict } from './transaction.ts';

export const defaultLeaseMs = 10_000;

/** Others may be renewing or voiding the same workers: what was found no longer holds, and is looked at again. */
const tries = 20;

interface Written {
  readonly done: boolean;
  readonly last_position: number | null;
}

export interface WorkersOptions {
  readonly leaseMs?: number | undefined;
  /** Called when tasks have been freed, which have no jobs yet; resolves, whatever happens. No renewal waits for it. */
  readonly onFreed: () => Promise<void>;
  /** Called with each renewal: the moment to compare clocks. */
  readonly onRenewal?: () => Promise<void>;
}

/**
 * Leases by the database's clock. Every method is one statement, apart from looking for who is lost: a process that is
 * stopped in the middle of it holds no lock.
 */
export class PostgresWorkers implements WorkerRegistry {
  readonly leaseMs: number;
  readonly #connections: Connections;
  readonly #membership: Membership;
  readonly #options: WorkersOptions;

  constructor(connections: Connections, membership: Membership, options: WorkersOptions) {
    this.#connections = connections;
    this.#membership = membership;
    this.#options = options;
    this.leaseMs = options.leaseMs ?? defaultLeaseMs;
  }

  async join(worker: WorkerInfo, facts: FactsOfJoining): Promise<number | null> {
    const { place, lease, schema } = this.#connections;
    return mapped(place, async () => {
      const sql = `select joined as done, last_position from ${schema}.join_worker_v3(${parameters(17)})`;
      const { id, pid, host, startedAt } = worker;
      const key = this.#membership.nextKey(id);
      const position = await this.#void(lease, id, facts, (lost, events, earlier) =>
        this.#say(lease, sql, [earlier, key, pid, host, startedAt, this.leaseMs, ...lost, ...events]),
      ).catch(async (error: unknown) => {
        // The trigger of one that is being filled, by now: when it was opened it was not.
        if (sqlState(error) === '55000') await requireFilled(this.#connections);
        throw error;
      });
      this.#membership.joined(id, key);
      void this.#options.onFreed();
      return position;
    });
  }

  async renew(workerId: string): Promise<Renewal> {
    const { place, lease, schema } = this.#connections;
    if (this.#membership.mayBeOutrun) return { held: false, othersLapsed: false };
    return mapped(place, async () => {
      const [row] = await lease.rows<{ readonly held: boolean; readonly lapsed: boolean }>(
        `select held, lapsed from ${schema}.renew_worker_v1($1, $2)`,
        [this.#membership.keyOf(workerId), this.leaseMs],
      );
      await this.#options.onRenewal?.();
      return { held: row?.held === true, othersLapsed: row?.lapsed === true };
    });
  }

  async voidLost(workerId: string, facts: FactsOfLost): Promise<number | null> {
    const { place, side, schema } = this.#connections;
    const sql = `select done, last_position from ${schema}.void_lost_v1(${parameters(12)})`;
    const key = this.#membership.keyOf(workerId);
    return mapped(place, async () => {
      let held = true;
      const position = await this.#void(side, workerId, facts, async (lost, events) => {
        const written = await this.#say(side, sql, [key, ...lost, ...events]);
        // In vain also where its own lease has run out meanwhile: it cannot declare anybody lost before it has that.
        if (!written.done) held = await this.#isHeld(key);
        return held ? written : { done: true, last_position: null };
      });
      if (held) void this.#options.onFreed();
      return position;
    });
  }

  async note(workerId: string, events: readonly NewEvent[]): Promise<number | null> {
    // Appending waits for the log's lock, and a renewal must not.
    return this.#tell(this.#connections.side, workerId, false, events);
  }

  async leave(workerId: string, events: readonly NewEvent[]): Promise<number | null> {
    const { place, lease, schema } = this.#connections;
    const [held] = await mapped(place, () =>
      lease.rows(`select from ${schema}.tasks where lease_worker = $1 limit 1`, [this.#membership.keyOf(workerId)]),
    );
    const position = await this.#tell(lease, workerId, true, events);
    this.#membership.left(workerId);
    // Awaited, since whoever leaves may close what this needs.
    if (held !== undefined) await this.#options.onFreed();
    return position;
  }

  async isEngineRunning(): Promise<boolean> {
    const { place, side, schema } = this.#connections;
    return mapped(place, async () => {
      const [row] = await side.rows<{ readonly running: boolean }>(
        `select exists (select from ${schema}.workers where lease_until > ${schema}.now_ms()) as running`,
      );
      return row?.running === true;
    });
  }

  async #tell(
    queries: Queries,
    workerId: string,
    leaves: boolean,
    events: readonly NewEvent[],
  ): Promise<number | null> {
    const { place, schema } = this.#connections;
    const key = this.#membership.keyOf(workerId);
    if (key === null) return null;
    const sql = `select true as done, last_position from ${schema}.note_worker_v1(${parameters(11)})`;
    return mapped(place, async () =>
      firstOf(await this.#say(queries, sql, [key, leaves, ...eventColumns(loneEvents(events))]), events),
    );
  }

  /** Finds who is lost and lets `write` void exactly these, with the facts about them; in vain when others were faster. */
  async #void(
    queries: Queries,
    self: string,
    facts: FactsOfJoining,
    write: (lost: readonly Buffer[], events: readonly Buffer[], earlier: readonly string[]) => Promise<Written>,
  ): Promise<number | null> {
    for (let tried = 1; tried <= tries; tried += 1) {
      const { lost, keys, earlier } = await this.#look(queries, self);
      const events = facts(lost, earlier.length > 0);
      const held = integerArray(lost, ({ tasksHeld }) => tasksHeld);
      const written = await write([textArray(keys, (key) => key), held], eventColumns(loneEvents(events)), earlier);
      if (written.done) return firstOf(written, events);
    }
    throw new TaskerError(
      'TASKER_STORAGE_UNAVAILABLE',
      `Who works on '${this.#connections.place.location}' changed ${tries} times while lost workers were to be voided. It is tried again.`,
      { details: { location: this.#connections.place.location } },
    );
  }

  async #isHeld(key: string | null): Promise<boolean> {
    const { side, schema } = this.#connections;
    const sql = `select from ${schema}.workers where id = $1 and lease_until > ${schema}.now_ms()`;
    return (await side.rows(sql, [key])).length > 0;
  }

  /** Who is lost, by which keys, and as whom `self` is among the workers: all of one moment. */
  async #look(queries: Queries, self: string) {
    const { schema } = this.#connections;
    const rows = await queries.rows<LostWorker & { readonly key: string }>(
      `select ${schema}.worker_id_v1(id) as id, id as key, pid, host, started_at as "startedAt",
         (select count(*) from ${schema}.tasks where lease_worker = workers.id) as "tasksHeld"
       from ${schema}.workers where ${schema}.worker_id_v1(id) = $1 or lease_until <= ${schema}.now_ms()
       order by started_at, workers.id`,
      [self],
    );
    const others = rows.filter(({ id }) => id !== self);
    const lost = others.map(({ id, pid, host, startedAt, tasksHeld }) => ({ id, pid, host, startedAt, tasksHeld }));
    const earlier = rows.filter(({ id }) => id === self).map(({ key }) => key);
    return { lost, keys: others.map(({ key }) => key), earlier: earlier.toSorted() };
  }

  async #say(queries: Queries, sql: string, values: readonly unknown[]): Promise<Written> {
    const [row] = await untilNoConflict(() => queries.rows<Written>(sql, values));
    if (row === undefined) throw new Error('a function of workers gave no row');
    return row;
  }
}

function firstOf({ last_position }: Written, events: readonly NewEvent[]): number | null {
  return last_position === null || events.length === 0 ? null : last_position + 1;
}
