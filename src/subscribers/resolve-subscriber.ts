import { z } from 'zod';

import type { RecordedEvent } from '../events/envelope.ts';
import { TaskerError } from '../shared/errors.ts';
import type { StartFrom, SubscriberClass, SubscriberContext, SubscriberDefinition } from './define-subscriber.ts';
import { exactness, expandPattern, recordedNames } from './event-patterns.ts';

export type EventHandler = (event: RecordedEvent, context: SubscriberContext) => unknown;

/** A subscriber as it is run: checked, defaults filled in. */
export interface ResolvedSubscriber {
  readonly name: string;
  /** By concrete event name. */
  readonly handlers: ReadonlyMap<string, EventHandler>;
  readonly initial: (() => unknown) | null;
  readonly startFrom: StartFrom;
  readonly retries: { readonly limit: number; readonly baseMs: number; readonly maxMs: number };
  readonly holdsTask: boolean;
  readonly timeoutMs: number;
  readonly batchSize: number;
  readonly lagLimit: number;
}

const aFunction = <T>() => z.custom<T>((value) => typeof value === 'function', 'expected a function');

const optionsShape = {
  state: z.strictObject({ initial: aFunction<() => unknown>() }).optional(),
  startFrom: z
    .union([
      z.enum(['now', 'beginning']),
      z.strictObject({ position: z.number().int().min(0) }),
      z.strictObject({ at: z.number().min(0) }),
    ])
    .default('now'),
  retries: z
    .strictObject({
      limit: z.number().int().min(0).max(100).default(3),
      baseMs: z.number().min(0).max(3_600_000).default(200),
      maxMs: z.number().min(0).max(3_600_000).default(5000),
    })
    .default({ limit: 3, baseMs: 200, maxMs: 5000 }),
  onPark: z.enum(['continue', 'hold-task']).default('continue'),
  timeoutMs: z.number().min(1).max(86_400_000).default(30_000),
  batchSize: z.number().int().min(1).max(10_000).default(500),
  lagLimit: z.number().int().min(1).default(100_000),
};

const inputSchema = z.strictObject({
  ...optionsShape,
  name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 of A-Z a-z 0-9 . _ -'),
  on: z.record(z.string(), aFunction<EventHandler>()),
});

/** @throws TaskerError `TASKER_SUBSCRIBER_INVALID`, listing every problem. */
export function resolveSubscribers(
  given: readonly (SubscriberDefinition | SubscriberClass)[],
): readonly ResolvedSubscriber[] {
  const resolved = given.map((one, index) => resolveOne(one, index));
  const seen = new Set<string>();
  for (const { name } of resolved) {
    if (seen.has(name)) throw invalid(name, ['there are two of this name; a checkpoint belongs to one']);
    seen.add(name);
  }
  return resolved;
}

function resolveOne(given: SubscriberDefinition | SubscriberClass, index: number): ResolvedSubscriber {
  const input: unknown = typeof given === 'function' ? fromClass(given) : given;
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success) {
    const name = z.object({ name: z.string() }).safeParse(input).data?.name ?? `number ${index + 1}`;
    throw invalid(
      name,
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    );
  }
  const { name, on, state, onPark, ...rest } = parsed.data;
  return {
    ...rest,
    name,
    handlers: handlersOf(name, on),
    initial: state?.initial ?? null,
    holdsTask: onPark === 'hold-task',
  };
}

function handlersOf(name: string, on: Readonly<Record<string, EventHandler>>): ReadonlyMap<string, EventHandler> {
  const problems: string[] = [];
  const handlers = new Map<string, EventHandler>();
  for (const [pattern, handler] of Object.entries(on).sort(([a], [b]) => exactness(a) - exactness(b))) {
    const expanded = expandPattern(pattern);
    if ('problem' in expanded) problems.push(expanded.problem);
    else for (const event of expanded.names) handlers.set(event, handler);
  }
  if (handlers.size === 0 && problems.length === 0) problems.push('it names no event, so it would never be called');
  if (problems.length > 0) throw invalid(name, problems);
  return handlers;
}

const methodOf = (event: string): string => `handle_${event.replaceAll('.', '_')}`;

function fromClass(given: SubscriberClass): unknown {
  const name = given.subscriber_name ?? given.name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
  const instance = new given();
  const method = (key: string): EventHandler | null => {
    const found: unknown = Reflect.get(instance, key);
    return typeof found === 'function' ? (event, context) => Reflect.apply(found, instance, [event, context]) : null;
  };
  const named = given.subscribe_to ?? given.events ?? recordedNames.filter((event) => method(methodOf(event)) !== null);
  const problems: string[] = [];
  const on: Record<string, EventHandler> = {};
  for (const pattern of named) {
    const expanded = expandPattern(pattern);
    if ('problem' in expanded) {
      problems.push(expanded.problem);
      continue;
    }
    const before = problems.length;
    for (const event of expanded.names) {
      const handler = method(methodOf(event)) ?? method('handle');
      if (handler !== null) on[event] = handler;
      else if (expanded.names.length === 1)
        problems.push(`it subscribes to '${event}' but has no method '${methodOf(event)}' and no 'handle'`);
    }
    const handled = expanded.names.some((event) => event in on);
    if (!handled && problems.length === before)
      problems.push(`it subscribes to '${pattern}' but has no method for any of its events and no 'handle'`);
  }
  if (problems.length > 0) throw invalid(name, problems);
  return { ...given.options, name, on };
}

function invalid(name: string, problems: readonly string[]): TaskerError {
  return new TaskerError(
    'TASKER_SUBSCRIBER_INVALID',
    `Subscriber '${name}' is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    { details: { subscriber: name, problems } },
  );
}
