import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { TaskerError } from '../../shared/errors.ts';

export interface NewFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/**
 * Writes all files or none.
 *
 * @throws TaskerError `TASKER_PROJECT_FILE_EXISTS`, with nothing written.
 */
export async function writeAll(files: readonly NewFile[]): Promise<void> {
  // All are looked at before the first is written: what is refused should leave no folder behind either.
  for (const { path } of files) if (await exists(path)) throw fileExists(path);
  const written: string[] = [];
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(path), { recursive: true });
      // Somebody may be quicker: an existing file is never opened for writing.
      await writeFile(path, text, { flag: 'wx' });
      written.push(path);
    }
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw isExisting(error) ? fileExists(error.path ?? '') : error;
  }
}

function fileExists(path: string): TaskerError {
  return new TaskerError(
    'TASKER_PROJECT_FILE_EXISTS',
    `${path} is there already and is left as it is; nothing was written. Choose another name or folder, or remove it first.`,
    { details: { path } },
  );
}

function isExisting(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
