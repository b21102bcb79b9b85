import type {
  ParkedFilter,
  ReplayProgress,
  StoredParkedEvent,
  StoredSubscriber,
  SubscriberStore,
  SubscriberSummary,
} from '../../subscribers/subscriber-store.ts';
import { type ParkedRow, toParked } from '../parked-rows.ts';
import { mapped, type Queries } from './connection.ts';
import type { Place } from './storage-errors.ts';

interface SubscriberRow {
  readonly name: string;
  readonly checkpoint: number;
  readonly counts_from: number | null;
  readonly generation: number;
  readonly lagged: boolean;
  readonly state_json: string | null;
}

interface SummaryRow extends Omit<SubscriberRow, 'state_json'> {
  readonly parked: number;
  readonly state_bytes: number;
  readonly replay_json: string | null;
}

type ParkedQuery = Parameters<SubscriberStore['parked']>[0];

export class PostgresSubscriberStore implements SubscriberStore {
  readonly #queries: Queries;
  readonly #place: Place;
  readonly #schema: string;

  constructor(queries: Queries, place: Place, schema: string) {
    this.#queries = queries;
    this.#place = place;
    this.#schema = schema;
  }

  load(name: string): Promise<StoredSubscriber | null> {
    return mapped(this.#place, async () => {
      const [row] = await this.#queries.rows<SubscriberRow>(
        `select name, checkpoint, counts_from, generation, lagged, state_json from ${this.#schema}.subscribers
         where name = $1`,
        [name],
      );
      return row === undefined ? null : { ...common(row), state: row.state_json };
    });
  }

  list(): Promise<readonly SubscriberSummary[]> {
    return mapped(this.#place, async () => {
      const rows = await this.#queries.rows<SummaryRow>(
        `select name, checkpoint, counts_from, generation, lagged, replay_json,
           coalesce(octet_length(state_json), 0) as state_bytes,
           (select count(*) from ${this.#schema}.parked_events where subscriber = subscribers.name) as parked
         from ${this.#schema}.subscribers order by name`,
      );
      return rows.map((row) => ({
        ...common(row),
        parked: row.parked,
        stateBytes: row.state_bytes,
        replay: row.replay_json === null ? null : (JSON.parse(row.replay_json) as ReplayProgress),
      }));
    });
  }

  parked({ after, limit, ...filter }: ParkedQuery): Promise<readonly StoredParkedEvent[]> {
    return mapped(this.#place, async () => {
      const { where, values } = chosen(filter);
      const from = after === undefined ? [] : [after.subscriber, after.position];
      const at = values.length;
      const seek = after === undefined ? '' : `and (subscriber, position) > ($${at + 1}, $${at + 2})`;
      const rows = await this.#queries.rows<ParkedRow>(
        `select subscriber, position, generation, event_name, task_id, attempts, parked_at, error_type, error_message,
           error_stack
         from ${this.#schema}.parked_events where ${where} ${seek}
         order by subscriber, position limit $${at + from.length + 1}`,
        [...values, ...from, limit],
      );
      return rows.map(toParked);
    });
  }

  parkedCount(filter: ParkedFilter): Promise<number> {
    return mapped(this.#place, async () => {
      const { where, values } = chosen(filter);
      const [row] = await this.#queries.rows<{ readonly parked: number }>(
        `select count(*) as parked from ${this.#schema}.parked_events where ${where}`,
        values,
      );
      return row?.parked ?? 0;
    });
  }

  parkedTasks(subscriber: string, upTo = Number.MAX_SAFE_INTEGER): Promise<readonly string[]> {
    return mapped(this.#place, async () => {
      const rows = await this.#queries.rows<{ readonly task_id: string }>(
        `select distinct task_id from ${this.#schema}.parked_events
         where subscriber = $1 and task_id is not null and position <= $2 order by task_id`,
        [subscriber, upTo],
      );
      return rows.map((row) => row.task_id);
    });
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
    values.push(value);
    conditions.push(`${column} = $${values.length}`);
  }
  return { where: conditions.join(' and '), values };
}

function common(row: Omit<SubscriberRow, 'state_json'>) {
  return {
    name: row.name,
    checkpoint: row.checkpoint,
    countsFrom: row.counts_from,
    generation: row.generation,
    lagged: row.lagged,
  };
}
