import { setTimeout } from 'node:timers/promises';

import type { Queries } from './connection.ts';
import { isConflict, isConnectionLost } from './storage-errors.ts';

const tries = 5;

/** For a single statement, which is a transaction of its own: says it again when it got in the way of another one. */
export async function untilNoConflict<T>(statement: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await statement();
    } catch (error) {
      if (tried >= tries || !isConflict(error)) throw error;
      await setTimeout(Math.random() * 10 * 2 ** tried);
    }
  }
}

/** Within a transaction: when `write` throws, its own part is undone and no more. */
export async function part<T>(queries: Queries, write: () => Promise<T>): Promise<T> {
  await queries.query('savepoint one');
  try {
    const result = await write();
    await queries.query('release one');
    return result;
  } catch (error) {
    if (!isConnectionLost(error)) {
      await queries.query('rollback to one');
      await queries.query('release one');
    }
    throw error;
  }
}
