import type { GroupResults } from '../../execution/storage.ts';
import type { Change, CommitResult } from '../../execution/task-store.ts';
import type { Progress, ProgressResult } from '../../subscribers/subscriber-store.ts';
import { eventColumns, parameters } from './append-events.ts';
import { textArray } from './binary-arrays.ts';
import type { Queries } from './connection.ts';
import type { Enqueueing } from './job-queue.ts';
import { ChangeRows } from './write-change.ts';
import { eventsOfParts, progressRow } from './write-progress.ts';

interface GroupRow {
  readonly refused: readonly number[];
  readonly earlier_at: readonly number[] | null;
  readonly earlier_id: readonly string[] | null;
  readonly saved: readonly boolean[];
  /** On a caller's own connection as that one reads a bigint. */
  readonly last_position: number | string | bigint | null;
}

/** Calls the commit function: a group of changes of distinct tasks, and parts, in one statement. */
export class GroupWriter {
  readonly #sql: string;

  constructor(schema: string) {
    this.#sql = `select * from ${schema}.commit_group_v1(${parameters(81)})`;
  }

  async write(
    queries: Queries,
    worker: string | null,
    changes: readonly Change[],
    parts: readonly Progress[],
    enqueueing: readonly Enqueueing[],
  ): Promise<GroupResults> {
    const rows = new ChangeRows(changes);
    const progress = parts.map((part) => progressRow(part));
    const events = [...rows.events, ...eventsOfParts(parts, changes.length)];
    const values = [
      worker,
      ...rows.columns(),
      ...eventColumns(events),
      rows.errors,
      rows.annotations,
      changes.length,
      textArray(progress, ({ part }) => part),
      textArray(progress, ({ state }) => state),
      textArray(enqueueing, ({ sql }) => sql),
      textArray(enqueueing, ({ jobs }) => jobs),
    ];
    const [row] = await queries.rows<GroupRow>(this.#sql, values);
    if (row === undefined) throw new Error('the commit function gave no row');
    return resultsOf(row, changes, parts);
  }
}

/** Events were given their positions in the order of the group: so counting tells where those of each change went. */
function resultsOf(row: GroupRow, changes: readonly Change[], parts: readonly Progress[]): GroupResults {
  const refused = new Set(row.refused);
  const earlier = new Map(row.earlier_at?.map((at, index) => [at, row.earlier_id?.[index] ?? '']));
  let next = Number(row.last_position ?? 0) + 1;
  const firstOf = (count: number): number | null => {
    const first = count === 0 ? null : next;
    next += count;
    return first;
  };
  const ofChanges = changes.map((change, index): CommitResult => {
    const duplicate = earlier.get(index + 1);
    if (duplicate !== undefined) return { kind: 'duplicate', taskId: duplicate };
    if (refused.has(index + 1)) return { kind: 'lease_lost' };
    return { kind: 'committed', firstPosition: firstOf(change.events.length) };
  });
  const ofParts = parts.map((part, index): ProgressResult => {
    if (row.saved[index] !== true) return { kind: 'stale' };
    return { kind: 'saved', firstPosition: firstOf('events' in part ? part.events.length : 0) };
  });
  return { changes: ofChanges, progress: ofParts };
}
