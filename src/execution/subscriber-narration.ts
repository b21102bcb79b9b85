import { isTaskerError } from '../shared/errors.ts';
import type { LiveEvents } from './live-events.ts';

export interface RegisteredSubscriber {
  readonly name: string;
  readonly events: readonly string[];
  /** null: it was given as it is, and runs on the engine's thread. */
  readonly module: string | null;
}

export function tellSubscriberRegistered(live: LiveEvents, { name, events, module }: RegisteredSubscriber): void {
  live.tell('subscriber.registered', {}, () => ({ subscriber: name, events: [...events], module }));
}

export function tellSubscriberUnregistered(live: LiveEvents, name: string, reason: 'stopped' | 'removed'): void {
  live.tell('subscriber.unregistered', {}, () => ({ subscriber: name, reason }));
}

export function tellSubscriberRefused(live: LiveEvents, error: unknown): void {
  if (!isTaskerError(error)) return;
  const { code, message } = error;
  live.tell('subscriber.validation_failed', {}, () => ({ code, message }));
}
