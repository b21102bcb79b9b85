/** PostgreSQL's texts hold no NUL and no half of a surrogate pair; what a handler throws may. */
export function storableText<Text extends string | null>(text: Text): Text | string {
  return text === null ? text : text.toWellFormed().replaceAll('\0', '\u{FFFD}');
}

/**
 * What a statement is given. No id or name here has a NUL: one that is asked for with it is simply not there, which
 * this finds out, where the server would refuse the question.
 */
export function askable(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? storableText(value) : value;
  return Array.isArray(value) ? value.map(askable) : value;
}
