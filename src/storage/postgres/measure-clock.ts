import type { StoreClock } from '../../shared/store-clock.ts';
import type { Queries } from './connection.ts';

/** Asks the database for its time; as exact as the answer is quick. */
export async function measureClock(clock: StoreClock, queries: Queries): Promise<void> {
  const before = clock.monotonicMs();
  const [row] = await queries.rows<{ readonly now: number }>(
    'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now',
  );
  if (row !== undefined) clock.set(row.now, before, clock.monotonicMs());
}
