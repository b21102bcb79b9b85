import { systemClock } from '../../shared/clock.ts';
import { systemRandom } from '../../shared/ids.ts';
import type { Queries } from './connection.ts';
import { isConflict, isConnectionLost } from './storage-errors.ts';

const tries = 5;

/** For a transaction, or a statement that is one of its own: begins it again when it got in the way of another one. */
export async function untilNoConflict<T>(transaction: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (tried >= tries || !isConflict(error)) throw error;
      // Real time also where a test's clock stands still: what is waited for is another session of the server.
      const pauseMs = systemRandom.fraction() * 10 * 2 ** tried;
      await new Promise<void>((resolve) => void systemClock.setTimer(pauseMs, resolve));
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
