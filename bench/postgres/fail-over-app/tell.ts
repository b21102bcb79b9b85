import { writeSync } from 'node:fs';

export type Told =
  | { readonly kind: 'began'; readonly taskId: string }
  | { readonly kind: 'ended'; readonly taskId: string; readonly step: string }
  /** By a subscriber on the engine's thread, or in one of its own. */
  | { readonly kind: 'handled'; readonly on: 'engine' | 'thread' };

/** Written at once, from any thread: what a process has done is known though it is killed in the next moment. */
export function tell(told: Told): void {
  writeSync(1, `${JSON.stringify(told)}\n`);
}
