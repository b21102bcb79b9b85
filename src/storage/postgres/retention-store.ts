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
import { eventColumns, loneEvents, parameters } from './append-events.ts';
import { type Connections, mapped } from './connection.ts';
import type { Membership } from './membership.ts';
import { untilNoConflict } from './transaction.ts';

interface Candidate extends AnyCandidate {
  readonly events: number;
  readonly parked: boolean;
}

/** What is to go in one batch, as it was found. */
interface Found {
  /** Of events that belong to no task. */
  readonly positions: readonly number[];
  readonly taskIds: readonly string[];
  readonly removed: Removed;
  readonly upTo: number;
  readonly cursor: string | null;
}

const nothing: RemovedBatch = { tasks: 0, events: 0, unreadUpTo: null, parked: [], cursor: null, firstPosition: null };

/**
 * Looks for what is old by reads alone, and removes it by one statement that finds the same or does nothing: a process
 * that is stopped in the middle of a sweep holds up nobody.
 */
export class PostgresRetentionStore implements RetentionStore {
  readonly #connections: Connections;
  readonly #membership: Membership;

  constructor(connections: Connections, membership: Membership) {
    this.#connections = connections;
    this.#membership = membership;
  }

  removeBatch(query: RemovalQuery, facts: (removed: Removed) => readonly NewEvent[]): Promise<RemovedBatch> {
    const worker = this.#membership.key;
    if (worker === null) return Promise.resolve(nothing);
    return mapped(this.#connections.place, () =>
      untilNoConflict(async () => {
        const found = await this.#find(query);
        return this.#remove(worker, found, facts(found.removed));
      }),
    );
  }

  removedUpTo(): Promise<number> {
    const { place, reads, schema } = this.#connections;
    return mapped(place, async () => {
      const [row] = await reads.rows<{ readonly removed_up_to: number }>(
        `select removed_up_to from ${schema}.log_retention`,
      );
      return row?.removed_up_to ?? 0;
    });
  }

  async #remove(worker: string, found: Found, events: readonly NewEvent[]): Promise<RemovedBatch> {
    const { side, schema } = this.#connections;
    const { positions, taskIds, removed, upTo, cursor } = found;
    if (removed.tasks + removed.events + events.length === 0) return { ...removed, cursor, firstPosition: null };
    const parked = removed.parked.reduce((sum, of) => sum + of.events, 0);
    const [row] = await side.rows<{ readonly held: boolean; readonly last_position: number | null }>(
      `select held, last_position from ${schema}.remove_old_v1(${parameters(14)})`,
      [worker, positions, taskIds, upTo, [removed.tasks, removed.events, parked], ...eventColumns(loneEvents(events))],
    );
    if (row?.held !== true) return nothing;
    return { ...removed, cursor, firstPosition: row.last_position === null ? null : row.last_position + 1 };
  }

  async #find(query: RemovalQuery): Promise<Found> {
    const { readUpTo, limit } = query;
    // Whoever adds events meanwhile makes the tail later: what lies before this one lies before that one too.
    const tail = await this.#tail();
    const { place, after } = cursorOf(query.cursor === moreOfNoTask ? null : query.cursor);
    const ofNoTask = query.cursor === null || query.cursor === moreOfNoTask;
    if (ofNoTask) await this.#removeCommands(query.before);
    const positions = ofNoTask ? await this.#ofNoTask(query, tail) : [];
    // Fewer, and what stays is most of what was looked at: the same would be looked at again and again.
    const enough = positions.length > tasklessLimit / 2;
    const candidates = enough ? [] : await this.#candidates(place, after, query);
    const gone = candidates.filter(
      ({ last, parked, endedAt }) => last < tail && ((last <= readUpTo && !parked) || endedAt < query.unreadBefore),
    );
    const taskIds = gone.map(({ id }) => id);
    const highest = Math.max(0, positions.at(-1) ?? 0, ...gone.map(({ last }) => last));
    return {
      positions,
      taskIds,
      removed: {
        tasks: gone.length,
        events: gone.reduce((sum, { events }) => sum + events, positions.length),
        unreadUpTo: highest > readUpTo ? highest : null,
        parked: await this.#parkedOf(positions, taskIds),
      },
      upTo: highest,
      cursor: enough ? moreOfNoTask : nextCursor(place, candidates, limit),
    };
  }

  async #tail(): Promise<number> {
    const { side, schema } = this.#connections;
    const [row] = await side.rows<{ readonly tail: number }>(
      `select coalesce(max(position), 0) as tail from ${schema}.events`,
    );
    return row?.tail ?? 0;
  }

  async #removeCommands(before: number): Promise<void> {
    const { side, schema } = this.#connections;
    await side.run(
      `delete from ${schema}.commands where position in (select position from
         (select position, requested_at, outcome_json from ${schema}.commands order by position limit ${tasklessLimit})
           as oldest
         where outcome_json is not null and requested_at < $1)`,
      [before],
    );
  }

  /** In order. */
  async #ofNoTask({ before, unreadBefore, readUpTo }: RemovalQuery, tail: number): Promise<readonly number[]> {
    const { side, schema } = this.#connections;
    const rows = await side.rows<{ readonly position: number }>(
      `select position from
         (select position, occurred_at from ${schema}.events where task_id is null order by position
          limit ${tasklessLimit}) as old
       where position < $1 and occurred_at < $2 and (occurred_at < $3 or (position <= $4 and not exists
         (select from ${schema}.parked_events where task_id is null and position = old.position)))
       order by position`,
      [tail, before, unreadBefore, readUpTo],
    );
    return rows.map(({ position }) => position);
  }

  async #candidates(place: number, after: string, { before, limit }: RemovalQuery): Promise<readonly Candidate[]> {
    const status = finished[place];
    if (status === undefined) return [];
    const { side, schema } = this.#connections;
    // Ids rise with time of creation, and what ended before a time was created before it. The status is written into
    // the statement: only so may the planner use the index of what is rare.
    return side.rows<Candidate>(
      `select id, ended_at as "endedAt", log.last, log.events,
         exists (select from ${schema}.parked_events where task_id = old.id) as parked
       from (select id, ended_at from ${schema}.tasks
         where status = '${status}' and id > $1 and id < $2 and ended_at < $3 order by id limit $4) as old
       cross join lateral (select coalesce(max(position), 0) as last, count(*) as events
         from ${schema}.events where task_id = old.id) as log
       order by id`,
      [after, uuidV7Floor(before), before, limit],
    );
  }

  async #parkedOf(positions: readonly number[], taskIds: readonly string[]): Promise<Removed['parked']> {
    const gone = new ParkedGone();
    const { side, schema } = this.#connections;
    const counted = 'select subscriber, count(*) as events, max(position) as "upTo"';
    if (positions.length > 0) {
      const rows = await side.rows<ParkedRow>(
        `${counted} from ${schema}.parked_events where task_id is null and position = any ($1) group by subscriber`,
        [positions],
      );
      gone.add(rows, 0);
    }
    if (taskIds.length > 0) {
      const rows = await side.rows<ParkedRow>(
        `${counted} from ${schema}.parked_events where task_id = any ($1) group by subscriber, task_id`,
        [taskIds],
      );
      gone.add(rows, 1);
    }
    return gone.all();
  }
}
