import { TaskerError } from '../shared/errors.ts';
import { copiedTables, type CopiedRow, type CopiedTable } from './copied-tables.ts';
import { DigestSum, isSame, type TableDigest } from './table-digest.ts';

/** A storage that is copied: one moment of it, on which nobody else may work meanwhile. */
export interface CopySource {
  /** The same at each try. */
  readonly location: string;
  /** The target that it was copied to before, maybe to the end; null when it was not. */
  readonly movedTo: string | null;
  count(table: CopiedTable): number;
  /** All rows by their key, in portions of bounded size. */
  portions(table: CopiedTable): Iterable<readonly CopiedRow[]>;
  /** From now on nobody works on it here. */
  markMoved(to: string): void;
  close(): void;
}

/** A storage that is filled. */
export interface CopyTarget {
  readonly location: string;
  /** Marks it as half a copy of this source; true when it has been that already. Rejects when there is something else in it. */
  begin(source: string): Promise<boolean>;
  count(table: CopiedTable): Promise<number>;
  /** A row as it can hold it. */
  storable(row: CopiedRow): CopiedRow;
  /** All of them or none. */
  insert(table: CopiedTable, rows: readonly CopiedRow[]): Promise<void>;
  /** Of what it has by now. */
  digest(table: CopiedTable, onRows: (rows: number) => void): Promise<TableDigest>;
  clear(table: CopiedTable): Promise<void>;
  /** Makes of the copy a storage to work on. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

export interface CopyProgress {
  readonly table: string;
  readonly phase: 'copying' | 'checking';
  readonly done: number;
  /** Rows of the table. */
  readonly of: number;
}

export interface CopiedTableReport extends TableDigest {
  readonly table: string;
}

export interface CopyReport {
  /** An earlier try had begun it. */
  readonly resumed: boolean;
  readonly tables: readonly CopiedTableReport[];
}

export interface CopyOptions {
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** Ends it between two portions; what was copied stays, for the next try. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies everything, table by table, in portions that are each a transaction of the target. It may end at any moment:
 * the next try goes on where the target's rows end. Each table is checked by what both sides hold; one that an earlier
 * try left otherwise than the source is now is copied anew.
 */
export async function copyStorage(source: CopySource, target: CopyTarget, options: CopyOptions): Promise<CopyReport> {
  if (source.movedTo !== null && source.movedTo !== target.location) throw movedBefore(source, source.movedTo, target);
  const resumed = await target.begin(source.location);
  const tables: CopiedTableReport[] = [];
  for (const table of copiedTables)
    tables.push({ table: table.name, ...(await copyTable(source, target, table, options)) });
  options.signal?.throwIfAborted();
  // First: if this ends between the two, nobody works on either, and another try finishes it.
  source.markMoved(target.location);
  await target.finish();
  return { resumed, tables };
}

async function copyTable(
  source: CopySource,
  target: CopyTarget,
  table: CopiedTable,
  options: CopyOptions,
): Promise<TableDigest> {
  const there = await target.count(table);
  const first = await tryTable(source, target, table, there, options);
  if (isSame(first.expected, first.found)) return first.found;
  if (there > 0) {
    await target.clear(table);
    const second = await tryTable(source, target, table, 0, options);
    if (isSame(second.expected, second.found)) return second.found;
  }
  throw differs(source, target, table, first);
}

interface Tried {
  readonly expected: TableDigest;
  readonly found: TableDigest;
}

/** `there`: how many rows, from the first on, the target has already. */
async function tryTable(
  source: CopySource,
  target: CopyTarget,
  table: CopiedTable,
  there: number,
  { onProgress, signal }: CopyOptions,
): Promise<Tried> {
  const of = source.count(table);
  const expected = new DigestSum();
  let done = 0;
  for (const given of source.portions(table)) {
    signal?.throwIfAborted();
    const portion = given.map((row) => target.storable(row));
    for (const row of portion) expected.addRow(table, row);
    const missing = portion.slice(Math.max(0, there - done));
    if (missing.length > 0) await target.insert(table, missing);
    done += portion.length;
    onProgress?.({ table: table.name, phase: 'copying', done, of });
  }
  let checked = 0;
  const found = await target.digest(table, (rows) => {
    signal?.throwIfAborted();
    checked += rows;
    onProgress?.({ table: table.name, phase: 'checking', done: checked, of });
  });
  return { expected: expected.total(), found };
}

function movedBefore({ location }: CopySource, to: string, target: CopyTarget): TaskerError {
  return new TaskerError(
    'TASKER_MIGRATION_REFUSED',
    `Nothing can be copied into '${target.location}': '${location}' was copied to '${to}' before, to be worked on there, and two copies would run its open tasks twice. ` +
      `If nobody works on that copy, nor ever will, run 'tasker migrate-storage --undo --from ${location}' first.`,
    { details: { location, movedTo: to } },
  );
}

function differs(
  source: CopySource,
  target: CopyTarget,
  { name }: CopiedTable,
  { expected, found }: Tried,
): TaskerError {
  return new TaskerError(
    'TASKER_MIGRATION_FAILED',
    `The copy is not the same: table '${name}' has ${expected.rows} rows with checksum ${expected.checksum} in '${source.location}', ` +
      `and ${found.rows} with ${found.checksum} in '${target.location}'. Somebody else has written to the target, or the source is damaged. ` +
      'Nothing works on the target as it is: see that it has no other users, drop its schema and begin anew.',
    { details: { table: name, expected, found } },
  );
}
