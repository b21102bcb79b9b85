import { type CopyProgress, type CopyReport, copyStorage } from './storage/copy-storage.ts';
import { openCopySource, takeBack } from './storage/sqlite/copy-source.ts';

export interface StorageMigrationOptions {
  /** The SQLite file. No engine may run on it; it is only read, but for being brought to this version's schema. */
  readonly from: string;
  /** `postgres://user:password@host:port/database`. */
  readonly to: string;
  /** In that database; default `tasker`. It must be empty, or hold an unfinished copy of the same file. */
  readonly schema?: string;
  /** Called after each portion. What it throws ends the migration, which may be gone on with. */
  readonly onProgress?: (progress: StorageMigrationProgress) => void;
  /** Ends the migration between two portions, with its reason. */
  readonly signal?: AbortSignal;
}

export type StorageMigrationProgress = CopyProgress;

export interface StorageMigration extends CopyReport {
  /** Absolute. */
  readonly from: string;
  /** For people; without a password. */
  readonly to: string;
}

/**
 * Copies a storage in a SQLite file into one on PostgreSQL: tasks, log with its positions, subscribers with their
 * checkpoints and states, parked events, notes, requests. Counts and checksums of every table are compared. Whatever
 * ends it early, the same call goes on; until it is finished, no engine starts on the target, and from then on none on
 * the file (`TASKER_STORAGE_MOVED`): `undoStorageMigration` is the way back.
 *
 * @throws TaskerError `TASKER_ENGINE_ALREADY_RUNNING`, `TASKER_MIGRATION_REFUSED` when the target holds something else,
 *   `TASKER_MIGRATION_FAILED` when the copy is not the same, `TASKER_STORAGE_*`.
 */
export async function migrateStorage(options: StorageMigrationOptions): Promise<StorageMigration> {
  const { from, to, schema, onProgress, signal } = options;
  const source = openCopySource(from);
  try {
    // The driver is loaded by those who need it.
    const { openCopyTarget } = await import('./storage/postgres/copy-target.ts');
    const target = await openCopyTarget({
      url: to,
      schema,
      listenUrl: null,
      applicationName: 'tasker migrate-storage',
    });
    try {
      const report = await copyStorage(source, target, { onProgress, signal });
      return { from: source.location, to: target.location, ...report };
    } finally {
      await target.close();
    }
  } finally {
    source.close();
  }
}

/**
 * Lets engines start again on a SQLite file that was copied. For one whose copy nobody works on, nor ever will: what
 * happened there is not brought back. Where it had been copied to; null when it had not been.
 *
 * @throws TaskerError `TASKER_ENGINE_ALREADY_RUNNING`, `TASKER_STORAGE_*`.
 */
export async function undoStorageMigration({ from }: { readonly from: string }): Promise<string | null> {
  return takeBack(from);
}
