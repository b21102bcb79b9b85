import { pathToFileURL } from 'node:url';

import { errorMessage, TaskerError, type TaskerErrorCode } from '../shared/errors.ts';

/**
 * Imports a user's module. `path`: absolute, or the name of a package.
 *
 * @throws TaskerError with the given code, saying why it cannot be loaded.
 */
export async function importModule(path: string, code: TaskerErrorCode): Promise<unknown> {
  try {
    return await import(path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) ? pathToFileURL(path).href : path);
  } catch (error) {
    throw new TaskerError(code, `${path} cannot be loaded: ${explain(error)}`, {
      cause: error,
      details: { source: path },
    });
  }
}

/** undefined: it has none. */
export function defaultExport(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
}

/** Of a default export that is not what was expected, for messages. */
export function describeExport(value: unknown): string {
  return value === undefined ? 'it has no default export' : `its default export is ${describe(value)}`;
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
