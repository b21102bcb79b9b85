import type { PayloadOf } from '../events/catalog.ts';
import { isTaskerError } from '../shared/errors.ts';
import type { LiveEvents } from './live-events.ts';

type Registered = PayloadOf<'plugin.registered'>;

export function tellPluginRegistered(live: LiveEvents, plugin: Registered): void {
  live.tell('plugin.registered', {}, () => plugin);
}

export function tellPluginUnregistered(live: LiveEvents, { kind, plugin }: Omit<Registered, 'subscriber'>): void {
  live.tell('plugin.unregistered', {}, () => ({ kind, plugin }));
}

export function tellPluginRefused(live: LiveEvents, kind: Registered['kind'], error: unknown): void {
  if (!isTaskerError(error)) return;
  const { code, message } = error;
  live.tell('plugin.validation_failed', {}, () => ({ kind, code, message }));
}
