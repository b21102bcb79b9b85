import type { SeenHandler } from './watch-memory.ts';

/** For whoever reads the process's output while it hangs. */
export function describeBlock(stillMs: number, handler: SeenHandler | null): string {
  const where =
    handler === null
      ? 'No handler was called before'
      : `${handler.calling ? 'It is in' : 'The handler called last was'} the handler of step '${handler.step}' (attempt ${handler.attempt}) of ${handler.taskName}, task ${handler.task}`;
  return `tasker: the event loop has been blocked for ${Math.round(stillMs)} ms; no task advances, no timer fires, nothing is recorded until it is free. ${where}.`;
}
