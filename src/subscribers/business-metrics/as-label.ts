const longest = 128;

/** A value as a label of a metric: text as it is, anything else as JSON; empty for what is not there. */
export function asLabel(value: unknown): string {
  if (value === undefined || value === null) return '';
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, longest);
}
