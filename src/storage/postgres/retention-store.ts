import type { NewEvent } from '../../log/event-log.ts';
import type { RemovalQuery, Removed, RemovedBatch, RetentionStore } from '../../log/retention-store.ts';
import { uuidV7Floor } from '../../shared/ids.ts';
import {
  type Candidate as AnyCandidate,
  cursorOf,
  finished,
  moreOfNoTask,
  nextCursor,
  ParkedGone,
  type ParkedRow,
  tasklessLimit,
} from '../removal.ts';
import { appendEvents } from './append-events.ts';
import { mapped, type Pool, type Queries } from './connection.ts';
import type { Place } from './storage-errors.ts';

interface Candidate extends AnyCandidate {
  readonly parked: boolean;
}

interface Batch {
  readonly removed: Removed;
  readonly upTo: number;
  readonly cursor: string | null;
}

export interface RetentionStoreOptions {
  readonly pool: Pool;
  readonly place: Place;
  readonly schema: string;
  /** The worker as which this process has joined; null while it has not. */
  readonly worker: () => string | null;
}

const nothing: RemovedBatch = {
  tasks: 0,
  events: 0,
  unreadUpTo: null,
  parked: [],
  cursor: null,
  firstPosition: null,
};

export class PostgresRetentionStore implements RetentionStore {
  readonly #options: RetentionStoreOptions;

  constructor(options: RetentionStoreOptions) {
    this.#options = options;
  }

  removeBatch(query: RemovalQuery, facts: (removed: Removed) => readonly NewEvent[]): Promise<RemovedBatch> {
    const { pool, place, schema, worker } = this.#options;
    const workerId = worker();
    if (workerId === null) return Promise.resolve(nothing);
    return mapped(place, () =>
      pool.transaction(async (queries) => {
        const [own] = await queries.rows<{ readonly held: boolean }>(
          `select ${schema}.hold_worker_v1($1) as held`,
          [workerId],
        );
        if (own?.held !== true) return nothing;
        // Two workers that sweep at once would count the same rows.
        await queries.rows('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${schema} retention`]);
        const { removed, upTo, cursor } = await new Sweep(queries, schema).remove(query);
        if (upTo > 0) {
          await queries.run(`update ${schema}.log_retention set removed_up_to = greatest(removed_up_to, $1)`, [upTo]);
        }
        return { ...removed, cursor, firstPosition: await appendEvents(queries, schema, facts(removed)) };
      }),
    );
  }

  removedUpTo(): Promise<number> {
    const { pool, place, schema } = this.#options;
    return mapped(place, async () => {
      const [row] = await pool.rows<{ readonly removed_up_to: number }>(
        `select removed_up_to from ${schema}.log_retention`,
      );
      return row?.removed_up_to ?? 0;
    });
  }
}

/** One batch, inside its transaction: by sets, because each statement is a way to the server and back. */
class Sweep {
  readonly #queries: Queries;
  readonly #schema: string;

  constructor(queries: Queries, schema: string) {
    this.#queries = queries;
    this.#schema = schema;
  }

  async remove(query: RemovalQuery): Promise<Batch> {
    const { readUpTo, limit } = query;
    // Whoever adds events meanwhile makes the tail later: what lies before this one lies before that one too.
    const tail = await this.#tail();
    const { place, after } = cursorOf(query.cursor === moreOfNoTask ? null : query.cursor);
    const parkedGone = new ParkedGone();
    const ofNoTask = query.cursor === null || query.cursor === moreOfNoTask;
    const positions = ofNoTask ? await this.#removeOfNoTask(query, tail, parkedGone) : [];
    const lone = { tasks: 0, events: positions.length };
    // Fewer, and what stays is most of what was looked at: the same would be looked at again and again.
    if (positions.length > tasklessLimit / 2) return batch(lone, positions, readUpTo, parkedGone, moreOfNoTask);
    const candidates = await this.#candidates(place, after, query);
    const gone = candidates.filter(
      ({ last, parked, endedAt }) =>
        last < tail && ((last <= readUpTo && !parked) || endedAt < query.unreadBefore),
    );
    const ofTasks = await this.#removeTasks(gone, parkedGone);
    return batch(
      { tasks: ofTasks.tasks, events: lone.events + ofTasks.events },
      [...positions, ...gone.map(({ last }) => last)],
      readUpTo,
      parkedGone,
      nextCursor(place, candidates, limit),
    );
  }

  async #tail(): Promise<number> {
    const [row] = await this.#queries.rows<{ readonly tail: number }>(
      `select coalesce(max(position), 0) as tail from ${this.#schema}.events`,
    );
    return row?.tail ?? 0;
  }

  /** Returns the positions of the events that are gone. */
  async #removeOfNoTask(query: RemovalQuery, tail: number, parkedGone: ParkedGone): Promise<readonly number[]> {
    const { before, unreadBefore, readUpTo } = query;
    const schema = this.#schema;
    await this.#queries.run(
      `delete from ${schema}.commands where position in (select position from
         (select position, requested_at, outcome_json from ${schema}.commands order by position limit ${tasklessLimit})
           as oldest
         where outcome_json is not null and requested_at < $1)`,
      [before],
    );
    const found = await this.#queries.rows<{ readonly position: number }>(
      `select position from
         (select position, occurred_at from ${schema}.events where task_id is null order by position
          limit ${tasklessLimit}) as old
       where position < $1 and occurred_at < $2 and (occurred_at < $3 or (position <= $4 and not exists
         (select from ${schema}.parked_events where task_id is null and position = old.position)))`,
      [tail, before, unreadBefore, readUpTo],
    );
    const positions = found.map(({ position }) => position);
    if (positions.length === 0) return positions;
    const parked = await this.#queries.rows<ParkedRow>(
      `with gone as (delete from ${schema}.parked_events where task_id is null and position = any($1)
         returning subscriber, position)
       select subscriber, count(*) as events, max(position) as "upTo" from gone group by subscriber`,
      [positions],
    );
    parkedGone.add(parked, 0);
    await this.#queries.run(`delete from ${schema}.events where position = any($1)`, [positions]);
    return positions;
  }

  async #candidates(place: number, after: string, query: RemovalQuery): Promise<readonly Candidate[]> {
    const status = finished[place];
    if (status === undefined) return [];
    // Ids rise with time of creation, and what ended before a time was created before it. The status is written into
    // the statement: only so may the planner use the index of what is rare.
    return this.#queries.rows<Candidate>(
      `select id, ended_at as "endedAt",
         coalesce((select max(position) from ${this.#schema}.events where task_id = tasks.id), 0) as last,
         exists (select from ${this.#schema}.parked_events where task_id = tasks.id) as parked
       from ${this.#schema}.tasks where status = '${status}' and id > $1 and id < $2 and ended_at < $3
       order by id limit $4 for update of tasks`,
      [after, uuidV7Floor(query.before), query.before, query.limit],
    );
  }

  async #removeTasks(gone: readonly Candidate[], parkedGone: ParkedGone): Promise<{ tasks: number; events: number }> {
    if (gone.length === 0) return { tasks: 0, events: 0 };
    const schema = this.#schema;
    const ids = gone.map(({ id }) => id);
    const parked = await this.#queries.rows<ParkedRow & { readonly tasks: number }>(
      `with gone as (delete from ${schema}.parked_events where task_id = any($1) returning subscriber, task_id, position)
       select subscriber, count(*) as events, max(position) as "upTo" from gone group by subscriber, task_id`,
      [ids],
    );
    parkedGone.add(parked, 1);
    const events = await this.#queries.run(`delete from ${schema}.events where task_id = any($1)`, [ids]);
    for (const table of ['steps', 'attempt_errors', 'annotations']) {
      await this.#queries.run(`delete from ${schema}.${table} where task_id = any($1)`, [ids]);
    }
    return { tasks: await this.#queries.run(`delete from ${schema}.tasks where id = any($1)`, [ids]), events };
  }
}

function batch(
  count: { readonly tasks: number; readonly events: number },
  positions: readonly number[],
  readUpTo: number,
  parkedGone: ParkedGone,
  cursor: string | null,
): Batch {
  const upTo = positions.reduce((highest, position) => Math.max(highest, position), 0);
  const unreadUpTo = upTo > readUpTo ? upTo : null;
  return { removed: { ...count, unreadUpTo, parked: parkedGone.all() }, upTo, cursor };
}
