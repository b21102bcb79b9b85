import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import Database from 'better-sqlite3';

import type { BackupResult } from '../../execution/storage.ts';
import { errorMessage, TaskerError } from '../../shared/errors.ts';

export interface BackupOptions {
  /** Replace the file if it is there. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Copies the database as it stands at one moment, while the engine writes on: `vacuum into` reads one snapshot, where
 * the online backup API begins anew whenever another process has written. The copy is checked, and takes its name
 * only when it is whole.
 *
 * @throws TaskerError `TASKER_BACKUP_FAILED`; nothing is left of it then.
 */
export function backUp(db: Database.Database, to: string, { overwrite = false }: BackupOptions = {}): BackupResult {
  const file = resolve(to);
  if (existsSync(file) && !overwrite) throw failed(file, 'it is there already; name another file, or overwrite it');
  if (!existsSync(dirname(file))) throw failed(file, `there is no directory ${dirname(file)}`);
  const unfinished = `${file}.unfinished`;
  rmSync(unfinished, { force: true });
  try {
    db.prepare('vacuum into ?').run(unfinished);
    const bytes = check(unfinished);
    renameSync(unfinished, file);
    return { file, bytes };
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw failed(file, errorMessage(error), error);
  }
}

function check(file: string): number {
  const copy = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const found = copy.pragma('integrity_check', { simple: true });
    if (found !== 'ok') throw new Error(`the copy is not sound: ${String(found)}`);
    return Number(copy.pragma('page_size', { simple: true })) * Number(copy.pragma('page_count', { simple: true }));
  } finally {
    copy.close();
  }
}

function failed(file: string, why: string, cause?: unknown): TaskerError {
  return new TaskerError('TASKER_BACKUP_FAILED', `The backup ${file} was not made: ${why}.`, {
    details: { file },
    ...(cause !== undefined && { cause }),
  });
}
