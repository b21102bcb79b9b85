import type pg from 'pg';

import type { JsonObject, Tasker, TaskHandle } from '../../src/index.ts';

/** Takes an order and starts its task: both, or neither. */
export async function placeOrder(
  pool: pg.Pool,
  tasker: Tasker,
  order: JsonObject & { readonly id: string },
): Promise<TaskHandle> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('insert into orders (id, body) values ($1, $2)', [order.id, order]);
    // Last: from here to the commit, every worker of the store waits.
    const task = await tasker.runIn(client, { name: 'order', context: order, idempotencyKey: order.id });
    await client.query('commit');
    return task;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
