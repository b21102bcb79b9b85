import type { TaskerConfigInput } from './config/define-config.ts';
import type { ResolvedConfig } from './config/resolve-config.ts';
import type { EventDirectory } from './events/event-directory.ts';
import { isGiven, isNamed, loadSubscriberModule, referTo } from './load-subscriber-modules.ts';
import { loadSubscriptions } from './load-subscriptions.ts';
import type { ObserverHost } from './subscribers/observer/observer-host.ts';
import type { ModuleReference } from './subscribers/observer/observer-protocol.ts';
import { type ResolvedSubscriber, resolveSubscribers } from './subscribers/resolve-subscriber.ts';
import type { SubscriberDefinition } from './subscribers/define-subscriber.ts';
import type { TemplateProblem } from './tasks/template-problem.ts';

export interface RegisteredModule {
  readonly reference: ModuleReference;
  readonly subscribers: readonly ResolvedSubscriber[];
}

export interface RegisteredSubscribers {
  /** Given as they are, by subscription files, and built in. */
  readonly given: readonly ResolvedSubscriber[];
  /** Named by their modules. */
  readonly modules: readonly RegisteredModule[];
  readonly warnings: readonly TemplateProblem[];
}

/**
 * Everything that is to follow the log, checked: names are told apart across all of them.
 *
 * @throws TaskerError `TASKER_SUBSCRIBER_INVALID`
 */
export async function registerSubscribers(
  input: TaskerConfigInput,
  config: ResolvedConfig,
  around: {
    readonly baseDir: string;
    readonly directory: EventDirectory;
    readonly builtIn: readonly SubscriberDefinition[];
    /** Built in too, but to run in threads of their own. */
    readonly builtInModules: readonly ModuleReference[];
    readonly host: ObserverHost;
  },
): Promise<RegisteredSubscribers> {
  const configured = input.subscribers ?? [];
  const named = configured.filter(isNamed).map((one) => referTo(one, around.baseDir));
  const references = [...named, ...around.builtInModules];
  const loaded = await Promise.all(references.map((reference) => loadSubscriberModule(reference, around.host)));
  const { enabled, warnings } = await loadSubscriptions(input, config, around.directory);
  const given = [...configured.filter(isGiven), ...enabled, ...around.builtIn];
  const resolved = resolveSubscribers([...given, ...loaded.flat()], around.directory);
  let taken = given.length;
  return {
    given: resolved.slice(0, given.length),
    modules: references.map((reference, index) => {
      const from = taken;
      taken += loaded[index]?.length ?? 0;
      return { reference, subscribers: resolved.slice(from, taken) };
    }),
    warnings,
  };
}

/** Each with the module that it was named by; null for one that was given as it is. */
export function everyRegistered({ given, modules }: RegisteredSubscribers) {
  return [
    ...given.map((subscriber) => ({ subscriber, module: null })),
    ...modules.flatMap(({ reference, subscribers }) =>
      subscribers.map((subscriber) => ({ subscriber, module: reference.module })),
    ),
  ];
}
