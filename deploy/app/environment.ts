/** Of a setting without which nothing can run. */
export function required(name: string, example: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(`${name}: expected something like ${example}, got nothing. Set it in the environment.`);
}

/** Empty counts as not given: that is how compose files and manifests leave a variable out. */
export function optional(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** Comma-separated; none when it is not given. */
export function list(name: string): readonly string[] {
  return (optional(name) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
