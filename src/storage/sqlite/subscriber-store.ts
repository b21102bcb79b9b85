import type { Database, Statement } from 'better-sqlite3';

import type {
  ParkedFilter,
  ReplayProgress,
  StoredParkedEvent,
  StoredSubscriber,
  SubscriberStore,
  SubscriberSummary,
} from '../../subscribers/subscriber-store.ts';
import { type ParkedRow, toParked } from '../parked-rows.ts';
import { type Place, throwMapped } from './storage-errors.ts';

interface SubscriberRow {
  readonly name: string;
  readonly checkpoint: number;
  readonly counts_from: number | null;
  readonly generation: number;
  readonly lagged: number;
  readonly state_json: string | null;
}

interface SummaryRow extends Omit<SubscriberRow, 'state_json'> {
  readonly parked: number;
  readonly state_bytes: number;
  readonly replay_json: string | null;
}

type ParkedQuery = Parameters<SubscriberStore['parked']>[0];

export class SqliteSubscriberStore implements SubscriberStore {
  readonly #db: Database;
  readonly #place: Place;
  readonly #byName: Statement<[string], SubscriberRow>;
  readonly #all: Statement<[], SummaryRow>;
  readonly #tasks: Statement<[string, number], string>;

  constructor(db: Database, place: Place) {
    this.#db = db;
    this.#place = place;
    this.#byName = db.prepare('select * from subscribers where name = ?');
    this.#all = db.prepare(
      `select name, checkpoint, counts_from, generation, lagged, replay_json, coalesce(length(cast(state_json as blob)), 0) as state_bytes,
         (select count(*) from parked_events where subscriber = name) as parked
       from subscribers order by name`,
    );
    this.#tasks = db
      .prepare<[string, number], string>(
        `select distinct task_id from parked_events
         where subscriber = ? and task_id is not null and position <= ? order by task_id`,
      )
      .pluck();
  }

  async load(name: string): Promise<StoredSubscriber | null> {
    try {
      const row = this.#byName.get(name);
      return row === undefined ? null : { ...common(row), state: row.state_json };
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async list(): Promise<readonly SubscriberSummary[]> {
    try {
      return this.#all.all().map((row) => ({
        ...common(row),
        parked: row.parked,
        stateBytes: row.state_bytes,
        replay: row.replay_json === null ? null : (JSON.parse(row.replay_json) as ReplayProgress),
      }));
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async parked({ after, limit, ...filter }: ParkedQuery): Promise<readonly StoredParkedEvent[]> {
    const { where, values } = chosen(filter);
    const seek = after === undefined ? '' : 'and (subscriber, position) > (?, ?)';
    const from = after === undefined ? [] : [after.subscriber, after.position];
    try {
      return this.#db
        .prepare<unknown[], ParkedRow>(
          `select * from parked_events where ${where} ${seek} order by subscriber, position limit ?`,
        )
        .all(...values, ...from, limit)
        .map(toParked);
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async parkedCount(filter: ParkedFilter): Promise<number> {
    const { where, values } = chosen(filter);
    try {
      const count = this.#db
        .prepare<unknown[], number>(`select count(*) from parked_events where ${where}`)
        .pluck()
        .get(...values);
      return count ?? 0;
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async parkedTasks(subscriber: string, upTo = Number.MAX_SAFE_INTEGER): Promise<readonly string[]> {
    try {
      return this.#tasks.all(subscriber, upTo);
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }
}

function chosen({ subscriber, position, taskId }: ParkedFilter): {
  readonly where: string;
  readonly values: readonly (string | number)[];
} {
  const given = [
    ['subscriber', subscriber],
    ['position', position],
    ['task_id', taskId],
  ] as const;
  const conditions = ['true'];
  const values: (string | number)[] = [];
  for (const [column, value] of given) {
    if (value === undefined) continue;
    conditions.push(`${column} = ?`);
    values.push(value);
  }
  return { where: conditions.join(' and '), values };
}

function common(row: Omit<SubscriberRow, 'state_json'>) {
  return {
    name: row.name,
    checkpoint: row.checkpoint,
    countsFrom: row.counts_from,
    generation: row.generation,
    lagged: row.lagged === 1,
  };
}
