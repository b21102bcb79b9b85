import { isTaskerError } from '../shared/errors.ts';
import type { TaskTemplate } from '../tasks/template.ts';
import type { LiveEvents } from './live-events.ts';

export function tellRegistered(
  live: LiveEvents,
  { namespace, name, version, steps }: TaskTemplate,
  from: { readonly source: string; readonly changed: boolean },
): void {
  live.tell('handler.registered', {}, () => ({
    namespace,
    taskName: name,
    version,
    steps: steps.map((step) => step.name),
    source: from.source,
    changed: from.changed,
  }));
}

export function tellUnregistered(live: LiveEvents, { namespace, name, version }: TaskTemplate): void {
  live.tell('handler.unregistered', {}, () => ({ namespace, taskName: name, version }));
}

export function tellRefused(live: LiveEvents, error: unknown): void {
  if (!isTaskerError(error)) return;
  const { code, message } = error;
  live.tell('handler.validation_failed', {}, () => ({ code, message }));
}
