import { Option } from 'commander';

import type { TaskRequest } from '../tasker.ts';
import type { Io } from './io.ts';
import { readJsonArgument } from './json-argument.ts';
import { collect, parseStartAt, parseWhole } from './option-values.ts';

export interface RequestOptions {
  readonly context?: string;
  readonly namespace?: string;
  readonly version?: string;
  readonly correlationId?: string;
  readonly idempotencyKey?: string;
  readonly initiator?: string;
  readonly sourceSystem?: string;
  readonly reason?: string;
  readonly tag?: readonly string[];
  readonly bypass?: readonly string[];
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly priority?: number;
  readonly startAt?: string;
}

export interface TemplateName {
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
}

export const requestOptions = (): readonly Option[] => [
  new Option('--context <json>', "the task's input: JSON, a file, or '-' for standard input (default: {})"),
  new Option('--namespace <name>', 'namespace of the template, where the name has none'),
  new Option('--version <version>', 'version of the template (default: the newest)'),
  new Option('--correlation-id <id>', 'what it belongs to elsewhere: an order, a request'),
  new Option('--idempotency-key <key>', 'an earlier task with this key is followed instead of a second one created'),
  new Option('--initiator <name>', 'who asks (default: your user name)'),
  new Option('--source-system <name>', 'where the request comes from').default('tasker-cli'),
  new Option('--reason <text>', 'why'),
  new Option('--tag <tag>', 'may be given more than once').argParser(collect),
  new Option('--bypass <step>', 'a skippable step that is not to run; may be given more than once').argParser(collect),
  new Option(
    '--priority <number>',
    '-100 to 100; of tasks that wait for room the highest go first (default: 0)',
  ).argParser((text) => parseWhole(text, -100, 100)),
  new Option(
    '--start-at <when>',
    "not before then: a time ('2026-11-23 14:05', local unless it names a zone) or how long from now ('15m', '2h')",
  ),
  new Option('--traceparent <value>', "the caller's W3C trace context, which the task's trace joins"),
  new Option('--tracestate <value>', 'its tracestate'),
  new Option('-d, --detach', 'hand the task to the running engine, print its id, and do not follow it'),
];

export async function toRequest(template: TemplateName, options: RequestOptions, io: Io): Promise<TaskRequest> {
  const { context, correlationId, idempotencyKey, reason, tag, bypass, priority, startAt } = options;
  const { traceparent, tracestate } = options;
  return {
    ...template,
    context: context === undefined ? {} : await readJsonArgument('--context', context, io),
    initiator: options.initiator ?? io.userName(),
    ...(options.sourceSystem !== undefined && { source_system: options.sourceSystem }),
    ...(correlationId !== undefined && { correlationId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(reason !== undefined && { reason }),
    ...(tag !== undefined && { tags: tag }),
    ...(bypass !== undefined && { bypass_steps: bypass }),
    ...(priority !== undefined && { priority }),
    ...(startAt !== undefined && { startAt: parseStartAt(startAt, io.now()) }),
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
  };
}
