/** Keeps the event loop from going round, as a careless computation does. */
export function block(forMs: number): void {
  const until = performance.now() + forMs;
  while (performance.now() < until);
}
