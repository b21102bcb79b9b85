import { z } from 'zod';

import type { EventDirectory } from '../events/event-directory.ts';
import type { LoggedEvent } from '../events/envelope.ts';
import type { SinkFigures } from '../signals/delivery.ts';
import type {
  DeliverBatch,
  StartFrom,
  SubscriberClass,
  SubscriberContext,
  SubscriberDefinition,
} from './define-subscriber.ts';
import { exactness, expandPattern } from './event-patterns.ts';
import type { Tick } from './built-in-abilities.ts';
import type { StateCodec } from './json-state.ts';
import { invalidSubscriber } from './invalid-subscriber.ts';
import { fromClass } from './subscriber-class.ts';
import type { Subscription } from './subscription.ts';

export type EventHandler = (event: LoggedEvent, context: SubscriberContext) => unknown;

/** A subscriber as it is run: checked, defaults filled in. */
export interface ResolvedSubscriber {
  readonly name: string;
  /** By concrete event name. */
  readonly handlers: ReadonlyMap<string, EventHandler>;
  readonly initial: (() => unknown) | null;
  readonly deliverBatch: DeliverBatch | null;
  readonly startFrom: StartFrom;
  readonly retries: { readonly limit: number; readonly baseMs: number; readonly maxMs: number };
  readonly holdsTask: boolean;
  readonly timeoutMs: number;
  readonly batchSize: number;
  readonly lagLimit: number;
  readonly saveEveryMs: number;
  /** For the built in: a state that is no JSON but changed in place. */
  readonly codec: StateCodec | null;
  /** For the built in: what it does while nothing happens. */
  readonly tick: Tick | null;
  /** For the built in: why it cannot be replayed. */
  readonly noReplay: string | null;
  /** What can be asked of its state. */
  readonly view: ((state: never, nowMs: number) => unknown) | null;
  /** For one that feeds a sink. */
  readonly sinkFigures: (() => SinkFigures) | null;
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
  saveEveryMs: z.number().min(0).max(3_600_000).default(0),
};

const inputSchema = z.strictObject({
  ...optionsShape,
  codec: z.custom<StateCodec>().optional(),
  tick: z.custom<Tick>().optional(),
  noReplay: z.string().optional(),
  view: aFunction<(state: never, nowMs: number) => unknown>().optional(),
  sinkFigures: aFunction<() => SinkFigures>().optional(),
  name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 of A-Z a-z 0-9 . _ -'),
  on: z.record(z.string(), aFunction<EventHandler>()),
  deliverBatch: aFunction<DeliverBatch>().optional(),
});

/** @throws TaskerError `TASKER_SUBSCRIBER_INVALID`, listing every problem. */
export function resolveSubscribers(
  given: readonly (SubscriberDefinition | SubscriberClass | Subscription)[],
  directory: EventDirectory,
): readonly ResolvedSubscriber[] {
  const resolved = given.map((one, index) => resolveOne(one, index, directory));
  const seen = new Set<string>();
  for (const { name } of resolved) {
    if (seen.has(name)) throw invalidSubscriber(name, ['there are two of this name; a checkpoint belongs to one']);
    seen.add(name);
  }
  return resolved;
}

function resolveOne(
  given: SubscriberDefinition | SubscriberClass | Subscription,
  index: number,
  directory: EventDirectory,
): ResolvedSubscriber {
  const input = inputOf(given, directory);
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success) {
    const name = z.object({ name: z.string() }).safeParse(input).data?.name ?? `number ${index + 1}`;
    throw invalidSubscriber(
      name,
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    );
  }
  const {
    name,
    on,
    state,
    onPark,
    deliverBatch = null,
    codec,
    tick,
    noReplay,
    view,
    sinkFigures,
    ...rest
  } = parsed.data;
  return {
    ...rest,
    name,
    handlers: handlersOf(name, on, directory),
    initial: state?.initial ?? null,
    deliverBatch,
    holdsTask: onPark === 'hold-task',
    codec: codec ?? null,
    tick: tick ?? null,
    noReplay: noReplay ?? null,
    view: view ?? null,
    sinkFigures: sinkFigures ?? null,
  };
}

function inputOf(given: SubscriberDefinition | SubscriberClass | Subscription, directory: EventDirectory): unknown {
  if (typeof given === 'function') return fromClass(given, directory);
  return 'subscriberClass' in given ? fromClass(given.subscriberClass, directory, given) : given;
}

function handlersOf(
  name: string,
  on: Readonly<Record<string, EventHandler>>,
  directory: EventDirectory,
): ReadonlyMap<string, EventHandler> {
  const problems: string[] = [];
  const handlers = new Map<string, EventHandler>();
  const expanded: { readonly names: readonly string[]; readonly rank: number; readonly handler: EventHandler }[] = [];
  for (const [pattern, handler] of Object.entries(on)) {
    const found = expandPattern(directory, pattern);
    if ('problem' in found) problems.push(found.problem);
    else expanded.push({ names: found.names, rank: exactness(pattern, found.names), handler });
  }
  for (const { names, handler } of expanded.toSorted((a, b) => a.rank - b.rank))
    for (const event of names) handlers.set(event, handler);
  if (handlers.size === 0 && problems.length === 0) problems.push('it names no event, so it would never be called');
  if (problems.length > 0) throw invalidSubscriber(name, problems);
  return handlers;
}
