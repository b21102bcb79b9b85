import { hash } from 'node:crypto';

// Control characters, ends of lines of any kind, and what turns the direction of text or hides in it.
// eslint-disable-next-line no-control-regex -- they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** What a template let out may be any text; as one line of printable, well-formed text it breaks nothing. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(unprintable, ' ').trim();
}

/** At most so many code points, so that no character is cut in two. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = 0;
  let count = 0;
  for (const character of text) {
    count += 1;
    if (count < most) end += character.length;
    if (count > most) return `${text.slice(0, end)}…`;
  }
  return text;
}

/** One line, at most so many code points. */
export function shortLine(text: string, most: number): string {
  return clip(oneLine(text), most);
}

/** A name that receivers tell things apart by: as it is where they take it, else its beginning and its digest. */
export function identifier(text: string, mostBytes: number): string {
  if (text !== '' && oneLine(text) === text && Buffer.byteLength(text) <= mostBytes) return text;
  const beginning = oneLine(text)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, Math.max(0, mostBytes - 65));
  return `${beginning}-${hash('sha256', text)}`;
}

/** A list that may be of any length, as far as anybody reads. */
export function some<Item>(list: readonly Item[], most: number, more: (left: number) => Item): readonly Item[] {
  return list.length <= most ? list : [...list.slice(0, most - 1), more(list.length - most + 1)];
}

const endOfFourDigits = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** As receivers read it, with a year of four digits; what is no such moment becomes the nearest one. */
export function isoTime(ms: number): string {
  return new Date(Number.isNaN(ms) ? 0 : Math.min(endOfFourDigits, Math.max(0, ms))).toISOString();
}

const longestAddress = 2000;

/** An address that a browser opens; null for anything else. Receivers refuse the whole notice for one that is none. */
export function webAddress(url: string | null): string | null {
  if (url === null || !/^https?:\/\//i.test(url)) return null;
  const parsed = URL.parse(url.toWellFormed());
  return parsed === null || parsed.href.length > longestAddress ? null : parsed.href;
}
