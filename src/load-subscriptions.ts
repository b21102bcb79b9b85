import { readFile } from 'node:fs/promises';

import type { TaskerConfigInput } from './config/define-config.ts';
import type { ResolvedConfig } from './config/resolve-config.ts';
import type { EventDirectory } from './events/event-directory.ts';
import { errorMessage, TaskerError } from './shared/errors.ts';
import type { SubscriberClass } from './subscribers/define-subscriber.ts';
import { expandPattern } from './subscribers/event-patterns.ts';
import type { Subscription } from './subscribers/subscription.ts';
import { suggestion } from './tasks/nearest-name.ts';
import { flag, jsonObject, list, mapOf, object, oneOf, type Read, seconds, text } from './tasks/node-readers.ts';
import { parseYaml } from './tasks/parse-yaml.ts';
import { lastSegment } from './tasks/resolve-handlers.ts';
import { locate, type TemplateNode } from './tasks/template-node.ts';
import { formatProblem, ProblemList, type TemplateProblem } from './tasks/template-problem.ts';

/** Tasker's keys, and after them this engine's own. */
const subscriptionShape = {
  class: text(),
  enabled: flag,
  events: list(text()),
  config: jsonObject,
  start_from: oneOf('now', 'beginning'),
  on_park: oneOf('continue', 'hold-task'),
  timeout_seconds: seconds,
};

const readFileShape = object(
  { subscriptions: mapOf(object(subscriptionShape, { required: ['class', 'events'] })) },
  { required: ['subscriptions'] },
);

export interface LoadedSubscriptions {
  /** Those that are not switched off. */
  readonly enabled: readonly Subscription[];
  readonly warnings: readonly TemplateProblem[];
}

/**
 * Reads the subscription files that the configuration names.
 *
 * @throws TaskerError `TASKER_SUBSCRIBER_INVALID`, listing every problem of all files with its place.
 */
export async function loadSubscriptions(
  input: TaskerConfigInput,
  config: ResolvedConfig,
  directory: EventDirectory,
): Promise<LoadedSubscriptions> {
  const files = await Promise.all(
    config.subscriptions.map(async (file) => {
      const problems = new ProblemList(file, config.strict);
      const root = parseYaml(await read(file), problems);
      const enabled =
        root === null ? [] : readSubscriptions(root, problems, { classes: input.subscriberClasses ?? {}, directory });
      return { enabled, problems };
    }),
  );
  const problems = files.flatMap((file) => file.problems.all);
  if (files.some((file) => file.problems.failed)) {
    const lines = problems.map((problem) => `  ${formatProblem(problem)}`);
    throw new TaskerError('TASKER_SUBSCRIBER_INVALID', `Subscription files are not valid:\n${lines.join('\n')}`, {
      details: { problems },
    });
  }
  return { enabled: files.flatMap((file) => file.enabled), warnings: problems };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TaskerError(
      'TASKER_SUBSCRIBER_INVALID',
      `The configuration names the subscription file ${file}, which cannot be read: ${errorMessage(error)}`,
      { cause: error },
    );
  }
}

interface Known {
  readonly classes: Readonly<Record<string, SubscriberClass>>;
  readonly directory: EventDirectory;
}

function readSubscriptions(root: TemplateNode, problems: ProblemList, known: Known): Subscription[] {
  const values = readFileShape(root, [], problems);
  return Object.entries(values?.subscriptions ?? {}).flatMap(([name, given]) => {
    const path = ['subscriptions', name];
    // Also of one that is switched off: whoever switches it on should not find it broken then.
    for (const [index, event] of (given.events ?? []).entries()) {
      const expanded = expandPattern(known.directory, event);
      if (!('problem' in expanded)) continue;
      const at = [...path, 'events', index];
      problems.error(locate(root, at), at, expanded.problem);
    }
    const subscriberClass = findClass(given.class ?? '', known.classes);
    if (subscriberClass === undefined && given.class !== undefined && given.enabled !== false) {
      const at = [...path, 'class'];
      const names = Object.keys(known.classes);
      const near = suggestion(given.class, names);
      const message = `there is no class '${given.class}'${near}; the configuration's subscriberClasses has ${names.join(', ') || 'none'}`;
      problems.error(locate(root, at), at, message);
    }
    if (subscriberClass === undefined || given.enabled === false) return [];
    return [
      { subscriberClass, name, events: given.events ?? [], config: given.config ?? {}, options: optionsOf(given) },
    ];
  });
}

function findClass(name: string, classes: Known['classes']): SubscriberClass | undefined {
  // Its own alone: every object has a 'constructor'.
  const found = [name, lastSegment(name)].find((one) => Object.hasOwn(classes, one));
  return found === undefined ? undefined : classes[found];
}

function optionsOf({
  start_from,
  on_park,
  timeout_seconds,
}: Read<typeof subscriptionShape>): NonNullable<Subscription['options']> {
  return {
    ...(start_from !== undefined && { startFrom: start_from }),
    ...(on_park !== undefined && { onPark: on_park }),
    ...(timeout_seconds !== undefined && { timeoutMs: timeout_seconds }),
  };
}
