import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { TaskerError } from '../shared/errors.ts';
import { isPlainObject } from '../shared/json.ts';
import type { TaskerConfigInput } from './define-config.ts';
import { defaultExport, describeExport, importModule } from './import-module.ts';

/** In the order they are looked for; the first one found in a directory wins. */
export const configFileNames = ['tasker.config.ts', 'tasker.config.js', 'tasker.config.mjs'] as const;

export interface ConfigFileQuery {
  /** Where the search begins; it goes on in the parents. */
  readonly cwd: string;
  /** A file named by the user, relative to `cwd`: nothing else is looked for. */
  readonly file?: string;
}

export interface LoadedConfigFile {
  readonly config: TaskerConfigInput;
  /** What relative paths in the configuration are relative to. */
  readonly baseDir: string;
  /** Absolute path of the file. */
  readonly source: string;
}

/**
 * Finds and imports a configuration file. What it holds is checked later, when it is resolved.
 * @throws TaskerError `TASKER_CONFIG_NOT_FOUND`, `TASKER_CONFIG_INVALID`
 */
export async function loadConfigFile(query: ConfigFileQuery): Promise<LoadedConfigFile> {
  const source = query.file === undefined ? await search(query.cwd) : await named(query.cwd, query.file);
  return { config: await importConfig(source), baseDir: dirname(source), source };
}

async function named(cwd: string, file: string): Promise<string> {
  const path = resolve(cwd, file);
  if (await isFile(path)) return path;
  throw new TaskerError('TASKER_CONFIG_NOT_FOUND', `there is no configuration file ${path}`, { details: { path } });
}

async function search(cwd: string): Promise<string> {
  const found = await findConfigFile(cwd);
  if (found !== null) return found;
  throw new TaskerError(
    'TASKER_CONFIG_NOT_FOUND',
    `found none of ${configFileNames.join(', ')} in ${resolve(cwd)} or a directory above it`,
    { details: { cwd: resolve(cwd), names: configFileNames } },
  );
}

/** Absolute path of the nearest configuration file; null where there is none. */
export async function findConfigFile(cwd: string): Promise<string | null> {
  for (const directory of withParents(resolve(cwd))) {
    for (const name of configFileNames) {
      const path = join(directory, name);
      if (await isFile(path)) return path;
    }
  }
  return null;
}

function* withParents(directory: string): Generator<string> {
  yield directory;
  const parent = dirname(directory);
  if (parent !== directory) yield* withParents(parent);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function importConfig(source: string): Promise<TaskerConfigInput> {
  const config = defaultExport(await importModule(source, 'TASKER_CONFIG_INVALID'));
  if (isPlainObject(config)) return config;
  throw new TaskerError(
    'TASKER_CONFIG_INVALID',
    `${source}: expected 'export default defineConfig({ … })', but ${describeExport(config)}`,
    { details: { source } },
  );
}
