/** Whether a name is meant: the very same, or, where the pattern ends in `*`, one that begins so. */
export function means(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
