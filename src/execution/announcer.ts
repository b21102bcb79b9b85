import type { PublishedEvent } from '../events/envelope.ts';

/**
 * Whoever listens in this process, as the engine sees it. For the implementer: no method throws or waits, whatever
 * listeners do; `idle` and `wants` are asked on the engine's hot path.
 */
export interface Announcer {
  /** Nobody listens to anything. */
  readonly idle: boolean;
  /** Whether anybody would hear an event of this name: for nobody, none is built. */
  wants(name: string): boolean;
  publish(event: PublishedEvent): void;
}
