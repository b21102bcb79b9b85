import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';

import type { SubscriberModule, TaskerConfigInput } from './config/define-config.ts';
import { defaultExport, describeExport, importModule } from './config/import-module.ts';
import { TaskerError } from './shared/errors.ts';
import { isPlainObject } from './shared/json.ts';
import type { SubscriberClass, SubscriberDefinition } from './subscribers/define-subscriber.ts';
import type { ObserverHost } from './subscribers/observer/observer-host.ts';
import type { ModuleReference } from './subscribers/observer/observer-protocol.ts';
import type { Subscription } from './subscribers/subscription.ts';

export type GivenSubscriber = SubscriberDefinition | SubscriberClass | Subscription;

export interface LoadedModule {
  readonly reference: ModuleReference;
  readonly given: readonly GivenSubscriber[];
}

type Named = string | SubscriberModule;

/** Whether a subscriber is named by its module, rather than given as it is. */
export function isNamed(given: NonNullable<TaskerConfigInput['subscribers']>[number]): given is Named {
  return typeof given === 'string' || (typeof given === 'object' && 'module' in given);
}

export function isGiven(
  given: NonNullable<TaskerConfigInput['subscribers']>[number],
): given is Exclude<typeof given, Named> {
  return !isNamed(given);
}

/** Where the module is. `baseDir`: what relative paths are relative to. */
export function referTo(named: Named, baseDir: string): ModuleReference {
  const { module, options = {} } = typeof named === 'string' ? { module: named } : named;
  if (typeof module !== 'string' || module === '' || !isPlainObject(options))
    throw new TaskerError(
      'TASKER_SUBSCRIBER_INVALID',
      `A subscriber is named by { module: 'a path or package', options?: {…} }; got ${JSON.stringify(named)}.`,
    );
  return { module, resolved: locate(module, baseDir), options, isBuiltIn: false };
}

export function isPackage({ resolved, module }: ModuleReference): boolean {
  return !isPath(module) || resolved === module;
}

/**
 * Imports the module and calls what it exports with its options; those of this package with `host` too.
 *
 * @throws TaskerError `TASKER_SUBSCRIBER_INVALID`
 */
export async function loadSubscriberModule(
  reference: ModuleReference,
  host: ObserverHost,
): Promise<readonly GivenSubscriber[]> {
  const exported = defaultExport(await importModule(reference.resolved, 'TASKER_SUBSCRIBER_INVALID'));
  const made = isFactory(exported)
    ? await exported(reference.options, ...(reference.isBuiltIn ? [host] : []))
    : exported;
  const all = (Array.isArray(made) ? made : [made]) as readonly unknown[];
  return all.map((one) => {
    if (isClass(one)) return { subscriberClass: one, config: reference.options };
    if (isPlainObject(one)) return one as unknown as SubscriberDefinition;
    throw new TaskerError(
      'TASKER_SUBSCRIBER_INVALID',
      `${reference.resolved}: expected 'export default defineSubscriber({ … })', a class, a function that gives one of them, or an array, but ${describeExport(exported)}.`,
      { details: { module: reference.module } },
    );
  });
}

function isClass(value: unknown): value is SubscriberClass {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function isFactory(value: unknown): value is (options: ModuleReference['options'], host?: ObserverHost) => unknown {
  return typeof value === 'function' && !isClass(value);
}

function isPath(module: string): boolean {
  return module.startsWith('.') || isAbsolute(module);
}

function locate(module: string, baseDir: string): string {
  if (isPath(module)) return resolve(baseDir, module);
  try {
    return createRequire(join(baseDir, 'package.json')).resolve(module);
  } catch {
    // Exported for `import` alone, or not there: importing says which.
    return module;
  }
}
