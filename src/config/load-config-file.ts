import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { errorMessage, TaskerError } from '../shared/errors.ts';
import { isPlainObject } from '../shared/json.ts';
import type { TaskerConfigInput } from './define-config.ts';

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
  const module: unknown = await importModule(source);
  const config = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (isPlainObject(config)) return config;
  const found = config === undefined ? 'it has no default export' : `its default export is ${describe(config)}`;
  throw new TaskerError(
    'TASKER_CONFIG_INVALID',
    `${source}: expected 'export default defineConfig({ … })', but ${found}`,
    { details: { source } },
  );
}

async function importModule(source: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(source).href);
  } catch (error) {
    throw new TaskerError('TASKER_CONFIG_INVALID', `${source} cannot be loaded: ${explain(error)}`, {
      cause: error,
      details: { source },
    });
  }
}

function explain(error: unknown): string {
  const message = errorMessage(error);
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `${message} (Node.js runs TypeScript by removing types: no enums, namespaces or parameter properties)`;
  }
  // A syntax error says where only in the first line of its stack: the file that is broken may be an imported one.
  const where = error instanceof SyntaxError ? /^(?:file:\/\/)?\/.*:\d+$/m.exec(error.stack ?? '')?.[0] : undefined;
  return where === undefined ? message : `${message} (${where.replace(/^file:\/\//, '')})`;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object of a class' : `a ${typeof value}`;
}
