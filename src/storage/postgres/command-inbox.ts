import type { CommandInbox, CommandKind, CommandOutcome, StoredCommand } from '../../execution/command-inbox.ts';
import type { Clock } from '../../shared/clock.ts';
import type { JsonObject } from '../../shared/json.ts';
import { type Connections, mapped } from './connection.ts';
import type { Membership } from './membership.ts';
import { channelOf, type Notifications } from './notifications.ts';

interface CommandRow {
  readonly id: string;
  readonly kind: CommandKind;
  readonly task_id: string | null;
  readonly body_json: string;
  readonly requested_at: number;
}

export interface CommandInboxOptions {
  readonly connections: Connections;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly notifications: Notifications;
}

// A notification may be lost: as often as this there may be news nobody told of.
const lookAgainMs = 250;

/** What goes beyond is looked at and passed again: it costs, and harms nothing. */
const mostLeft = 1_000;

const columns = 'id, kind, task_id, body_json, requested_at';
const unsettled = 'commands.outcome_json is null';

export class PostgresCommandInbox implements CommandInbox {
  readonly #options: CommandInboxOptions;
  #news = true;
  #lookedAtMs = 0;
  #watching = false;
  /** Passed for good. */
  readonly #left = new Set<string>();

  constructor(options: CommandInboxOptions) {
    this.#options = options;
  }

  submit(command: StoredCommand): Promise<void> {
    const { id, kind, taskId, body, requestedAt } = command;
    const subscriber = typeof body.subscriber === 'string' ? body.subscriber : null;
    return this.#mapped(async ({ side, place, schema }) => {
      await side.run(
        `with submitted as (
           insert into ${schema}.commands (id, kind, task_id, subscriber, body_json, requested_at, awaited)
           values ($1, $2, $3, $4, $5, $6, true))
         select pg_notify($7, 'command')`,
        [id, kind, taskId, subscriber, JSON.stringify(body), requestedAt, channelOf(place.schema)],
      );
      this.#news = true;
    });
  }

  /** At once when told, and otherwise each time that what nobody told of may be there. */
  hasNews(): boolean {
    const { clock, notifications } = this.#options;
    if (!this.#watching) {
      this.#watching = true;
      notifications.watch((news) => {
        if (news !== 'work') this.#news = true;
      });
    }
    const now = clock.monotonicMs();
    if (!this.#news && now - this.#lookedAtMs < lookAgainMs) return false;
    this.#news = false;
    this.#lookedAtMs = now;
    return true;
  }

  pending(limit: number, ofTasks?: readonly string[], after?: string): Promise<readonly StoredCommand[]> {
    return this.#mapped(async ({ side, schema }) => {
      const worker = this.#options.membership.key;
      // A task is for whoever works for all; who works for his own alone has to do with it only where there is nobody else.
      const alone = `not exists (select from ${schema}.workers where id <> $4 and lease_until > ${schema}.now_ms())`;
      const runs = `kind = 'run' and awaited ${worker === null ? '' : `and ${alone}`}`;
      const further = `and position > coalesce((select position from ${schema}.commands as before where id = $2), 0)`;
      const among = `${further} ${ofTasks === undefined ? '' : `and (task_id = any($3) or (${runs}))`}`;
      const given = ofTasks === undefined ? [limit, after ?? null] : [limit, after ?? null, ofTasks];
      const rows =
        worker === null
          ? await side.rows<CommandRow>(
              `select ${columns} from ${schema}.commands where ${unsettled} ${among} order by position limit $1`,
              given,
            )
          : await side.rows<CommandRow>(claim(schema, among, `$${given.length + 1}`, `$${given.length + 2}`), [
              ...given,
              worker,
              [...this.#left],
            ]);
      return rows.map(toCommand);
    });
  }

  pass(commandId: string, forGood = false): Promise<void> {
    if (forGood) this.#left.add(commandId);
    const [oldest] = this.#left;
    if (this.#left.size > mostLeft && oldest !== undefined) this.#left.delete(oldest);
    return this.#mapped(async ({ side, schema }) => {
      const sql = `update ${schema}.commands set claimed_by = null where id = $1 and claimed_by = $2 and ${unsettled}`;
      await side.run(sql, [commandId, this.#options.membership.key]);
    });
  }

  settle(commandId: string, outcome: CommandOutcome): Promise<void> {
    return this.#settle(commandId, outcome, '');
  }

  refuseAwaited(commandId: string, code: string, message: string): Promise<void> {
    return this.#settle(commandId, { kind: 'refused', code, message }, 'and awaited');
  }

  leave(commandId: string): Promise<CommandOutcome | null> {
    return this.#await(false, commandId);
  }

  async awaitAgain(commandId: string): Promise<CommandOutcome | null> {
    const outcome = await this.#await(true, commandId);
    this.#news = true;
    return outcome;
  }

  outcome(commandId: string): Promise<CommandOutcome | null> {
    return this.#mapped(async ({ side, schema }) => {
      const [row] = await side.rows<{ readonly outcome_json: string | null }>(
        `select outcome_json from ${schema}.commands where id = $1`,
        [commandId],
      );
      const text = row?.outcome_json ?? null;
      return text === null ? null : (JSON.parse(text) as CommandOutcome);
    });
  }

  #settle(commandId: string, outcome: CommandOutcome, condition: string): Promise<void> {
    return this.#mapped(async ({ side, schema }) => {
      // What a worker that was taken for lost has to say comes from what it held before: others are asked instead.
      await side.run(
        `update ${schema}.commands set outcome_json = $1 where id = $2 and ${unsettled} ${condition}
           and ($3::text is null or ${schema}.hold_worker_v1($3))`,
        [JSON.stringify(outcome), commandId, this.#options.membership.key],
      );
    });
  }

  async #await(awaited: boolean, commandId: string): Promise<CommandOutcome | null> {
    await this.#mapped(async ({ side, place, schema }) => {
      // Whoever could not carry it out has left it; one whose sender waits again is news.
      await side.run(
        `with changed as (update ${schema}.commands set awaited = $1 where id = $2 and ${unsettled} returning awaited)
         select pg_notify($3, 'command') from changed where awaited`,
        [awaited, commandId, channelOf(place.schema)],
      );
    });
    return this.outcome(commandId);
  }

  #mapped<T>(work: (connections: Connections) => Promise<T>): Promise<T> {
    const { connections } = this.#options;
    return mapped(connections.place, () => work(connections));
  }
}

/**
 * What is this worker's to carry out, and from here on nobody else's. Whoever holds the task or the subscriber may,
 * whatever an earlier holder has claimed; of what nobody holds, whoever comes first. Rows that another worker is about
 * to claim are passed over.
 */
function claim(schema: string, among: string, worker: string, left: string): string {
  return `with mine as (
      select position, ${columns} from ${schema}.commands
      left join lateral (select lease_worker from ${schema}.tasks where tasks.id = commands.task_id) as task on true
      left join lateral (select worker_id from ${schema}.subscriber_leases
        where subscriber_leases.name = commands.subscriber) as lease on true
      where ${unsettled} ${among} and (awaited or id <> all (${left}::text[]))
        and exists (select from ${schema}.workers where id = ${worker} and lease_until > ${schema}.now_ms())
        and case
          when task.lease_worker is not null then task.lease_worker = ${worker}
          when lease.worker_id is not null then lease.worker_id = ${worker}
          else claimed_by is null or claimed_by = ${worker}
            or not exists (select from ${schema}.workers where workers.id = claimed_by)
        end
      order by position limit $1 for no key update of commands skip locked
    ), claimed as (
      update ${schema}.commands set claimed_by = ${worker} from mine
      where commands.position = mine.position and commands.claimed_by is distinct from ${worker}
    )
    select ${columns} from mine order by position`;
}

function toCommand(row: CommandRow): StoredCommand {
  return {
    id: row.id,
    kind: row.kind,
    taskId: row.task_id,
    body: JSON.parse(row.body_json) as JsonObject,
    requestedAt: row.requested_at,
  };
}
