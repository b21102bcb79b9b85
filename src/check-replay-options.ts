import { TaskerError } from './shared/errors.ts';
import type { ReplayOptions } from './subscribers/replay.ts';

const expectedFrom = "'beginning', { position: a whole number from 0 } or { at: milliseconds since 1970 }";

/** Callers without types give what they like: it is refused before anything begins, or is asked of another process. */
export function checkReplayOptions(name: string, options: unknown): asserts options is ReplayOptions {
  const { from, deliver, reset, onProgress }: Partial<Record<keyof ReplayOptions, unknown>> =
    typeof options === 'object' && options !== null ? options : {};
  if (!isStart(from)) throw invalid(name, 'from', expectedFrom, from);
  if (!isOptional(deliver, 'boolean')) throw invalid(name, 'deliver', 'true or false', deliver);
  if (!isOptional(reset, 'boolean')) throw invalid(name, 'reset', 'true or false', reset);
  if (!isOptional(onProgress, 'function')) throw invalid(name, 'onProgress', 'a function', onProgress);
}

function isStart(from: unknown): boolean {
  if (from === 'beginning') return true;
  if (typeof from !== 'object' || from === null || Object.keys(from).length !== 1) return false;
  if ('position' in from) return Number.isSafeInteger(from.position) && Number(from.position) >= 0;
  return 'at' in from && typeof from.at === 'number' && Number.isFinite(from.at) && from.at >= 0;
}

function isOptional(value: unknown, type: 'boolean' | 'function'): boolean {
  return value === undefined || typeof value === type;
}

function invalid(name: string, option: keyof ReplayOptions, expected: string, value: unknown): TaskerError {
  const came = shown(value);
  return new TaskerError(
    'TASKER_REQUEST_INVALID',
    `The replay of '${name}' expects as '${option}': ${expected}. It was given ${came}.`,
    { details: { option, expected, came } },
  );
}

/** JSON would show NaN as null, and throws for some values. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 50)}'`;
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? 'a function' : String(value);
  const fields = Object.entries(value).slice(0, 5);
  return `{ ${fields.map(([key, one]) => `${key}: ${typeof one === 'object' ? '…' : shown(one)}`).join(', ')} }`;
}
