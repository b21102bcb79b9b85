import { InvalidArgumentError, Option } from 'commander';

import { parseDuration } from './format/duration.ts';
import { isStatus, statusNames, type Status } from './format/status.ts';
import { UsageError } from './usage-error.ts';

export function limitOption(byDefault: number, most: number): Option {
  return new Option('-n, --limit <count>', `at most so many (up to ${most})`)
    .default(byDefault)
    .argParser((text) => parseCount(text, 1, most));
}

export function parseCount(text: string, least: number, most: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && count <= most) return count;
  throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
}

export function parseWhole(text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^-?\d+$/.test(text) && number >= least && number <= most) return number;
  throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
}

/** `--status error --status cancelled` would need an OR that the store does not offer: the option takes one. */
export function parseStatus(text: string): Status {
  if (isStatus(text)) return text;
  throw new InvalidArgumentError(`Expected one of ${statusNames.join(', ')}.`);
}

/** For options that may be given more than once. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

const timePattern = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

const sinceMeaning =
  "a time ('2026-11-23', '2026-11-23 14:05', local unless it names a zone) or how long ago ('15m', '2h', '3d')";

export const sinceOption = (): Option => new Option('--since <when>', sinceMeaning);

/** Milliseconds since the Unix epoch. */
export function parseSince(text: string, nowMs: number, option = '--since'): number {
  return parsePast(option, 'a time or how long ago', text, nowMs);
}

/** Milliseconds since the Unix epoch. `expected`: in words, what the option takes. */
export function parsePast(option: string, expected: string, text: string, nowMs: number): number {
  const ago = parseDuration(text);
  return ago === null ? parseTime(option, expected, text) : nowMs - ago;
}

/** Milliseconds since the Unix epoch. */
export function parseStartAt(text: string, nowMs: number): number {
  const ahead = parseDuration(text);
  return ahead === null ? parseTime('--start-at', 'a time or how long from now', text) : nowMs + ahead;
}

function parseTime(option: string, expected: string, text: string): number {
  if (timePattern.test(text)) {
    // A date alone is midnight UTC to JavaScript; to an operator it is midnight here.
    const at = Date.parse(text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T'));
    if (!Number.isNaN(at)) return at;
  }
  throw new UsageError(`${option}: expected ${expected}, got '${text}'`, [
    "for example '15m', '2h', '3d', '2026-11-23' or '2026-11-23 14:05'",
  ]);
}
