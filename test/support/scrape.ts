import type { Tasker } from '../../src/index.ts';

/** The samples at `/metrics` whose name and labels hold all of `having`, as `name{labels}` → value. */
export async function scrape(tasker: Tasker, ...having: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`${tasker.status().operationsUrl}/metrics`);
  const body = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${body}`);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines
      .filter((line) => having.every((part) => line.includes(part)))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
