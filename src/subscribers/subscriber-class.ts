import { isCustomName } from '../events/custom-events.ts';
import type { EventDirectory } from '../events/event-directory.ts';
import type { SubscriberClass } from './define-subscriber.ts';
import { expandPattern, storedNames } from './event-patterns.ts';
import { invalidSubscriber } from './invalid-subscriber.ts';
import type { EventHandler } from './resolve-subscriber.ts';
import type { Subscription } from './subscription.ts';

const methodOf = (event: string): string => `handle_${event.replaceAll('.', '_')}`;

/**
 * A class in Tasker's form as `defineSubscriber` would take it. What a subscription file says goes before what the
 * class says of itself.
 */
export function fromClass(given: SubscriberClass, directory: EventDirectory, subscription?: Subscription): unknown {
  const name =
    subscription?.name ?? given.subscriber_name ?? given.name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
  const instance = new given(subscription?.config ?? {});
  const method = (key: string): EventHandler | null => {
    const found: unknown = Reflect.get(instance, key);
    return typeof found === 'function' ? (event, context) => Reflect.apply(found, instance, [event, context]) : null;
  };
  const methodFor = (event: string): EventHandler | null =>
    method(methodOf(event)) ?? (isCustomName(event) ? method(methodOf(event.slice('custom.'.length))) : null);
  const named =
    subscription?.events ??
    given.subscribe_to ??
    given.events ??
    storedNames(directory.all()).filter((event) => methodFor(event) !== null);
  const problems: string[] = [];
  const on: Record<string, EventHandler> = {};
  for (const pattern of named) {
    const expanded = expandPattern(directory, pattern);
    if ('problem' in expanded) {
      problems.push(expanded.problem);
      continue;
    }
    const before = problems.length;
    for (const event of expanded.names) {
      const handler = methodFor(event) ?? method('handle');
      if (handler !== null) on[event] = handler;
      else if (expanded.names.length === 1)
        problems.push(`it subscribes to '${event}' but has no method '${methodOf(event)}' and no 'handle'`);
    }
    const handled = expanded.names.some((event) => event in on);
    if (!handled && problems.length === before)
      problems.push(`it subscribes to '${pattern}' but has no method for any of its events and no 'handle'`);
  }
  if (problems.length > 0) throw invalidSubscriber(name, problems);
  return { ...given.options, ...subscription?.options, name, on };
}
