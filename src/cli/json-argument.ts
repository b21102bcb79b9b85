import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { errorMessage } from '../shared/errors.ts';
import { isPlainObject, type JsonObject } from '../shared/json.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** Reads a JSON object that was given as text, as the name of a file, or (`-`) on standard input. */
export async function readJsonArgument(option: string, argument: string, io: Io): Promise<JsonObject> {
  const { text, from } = await readText(option, argument, io);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${option}: ${from} is not JSON: ${errorMessage(error)}`);
  }
  if (isJsonObject(value)) return value;
  throw new UsageError(
    `${option}: expected a JSON object, got ${Array.isArray(value) ? 'an array' : JSON.stringify(value)}`,
  );
}

async function readText(option: string, argument: string, io: Io): Promise<{ text: string; from: string }> {
  if (argument === '-') return { text: await io.readStdin(), from: 'standard input' };
  // What begins like a JSON object, array or string is not a file anybody has.
  if (/^\s*[[{"]/.test(argument)) return { text: argument, from: 'the argument' };
  const file = resolve(io.cwd, argument);
  try {
    return { text: await readFile(file, 'utf8'), from: file };
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new UsageError(`${option}: cannot read ${file}: ${why}`, [
      `give JSON itself (${option} '{"key": "value"}'), a file, or '-' for standard input`,
    ]);
  }
}

// What JSON.parse returns holds JSON values only.
function isJsonObject(value: unknown): value is JsonObject {
  return isPlainObject(value);
}
