import type { SubscriberLeases } from '../../subscribers/subscriber-leases.ts';
import { type Connections, mapped } from './connection.ts';
import type { Membership } from './membership.ts';
import { untilNoConflict } from './transaction.ts';

export class PostgresSubscriberLeases implements SubscriberLeases {
  readonly #connections: Connections;
  readonly #membership: Membership;

  constructor(connections: Connections, membership: Membership) {
    this.#connections = connections;
    this.#membership = membership;
  }

  async claim(workerId: string, names: readonly string[]): Promise<boolean> {
    const { place, side, schema } = this.#connections;
    const sql = `select ${schema}.claim_subscribers_v1($1, $2) as claimed`;
    const key = this.#membership.keyOf(workerId);
    return mapped(place, async () => {
      const [row] = await untilNoConflict(() => side.rows<{ readonly claimed: boolean }>(sql, [key, names]));
      return row?.claimed === true;
    });
  }

  async release(workerId: string, names: readonly string[]): Promise<void> {
    const { place, side, schema } = this.#connections;
    await mapped(place, () =>
      side.run(`delete from ${schema}.subscriber_leases where worker_id = $1 and name = any ($2)`, [
        this.#membership.keyOf(workerId),
        names,
      ]),
    );
  }
}
