import { z } from 'zod';

import type { Clock } from '../shared/clock.ts';
import { TaskerError } from '../shared/errors.ts';
import { type Random, spanId, traceId, uuidV7 } from '../shared/ids.ts';
import type { JsonObject } from '../shared/json.ts';
import { type TracePolicy, traceChoices } from './trace-policy.ts';
import { isTracestate, parseTraceparent } from './trace-context.ts';
import type { RequestMeta } from './loaded-task.ts';
import type { NewTask } from './task-store.ts';
import type { TaskType } from './task-type.ts';
import type { TaskTypes } from './task-types.ts';

const word = z.string().min(1).max(128);

/** A correlation id travels into logs, traces and alerts: it must not be able to carry anything but an id. */
export const correlationIdPattern = /^[A-Za-z0-9_.:-]{1,128}$/;

export const lowestPriority = -100;
export const highestPriority = 100;

const expectedTime = 'expected a valid Date or milliseconds since the Unix epoch';

/** Also as text: what a command row makes of a Date. */
function isTime(value: unknown): boolean {
  if (typeof value === 'string') return z.iso.datetime({ offset: true }).safeParse(value).success;
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  return (typeof value === 'number' || value instanceof Date) && new Date(value).getTime() >= 0;
}

const requestSchema = z.strictObject({
  name: z.string().min(1).max(64),
  namespace: z.string().min(1).max(64).default('default'),
  version: z.string().max(16).optional(),
  context: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    message: 'expected an object',
  }),
  correlationId: z.string().regex(correlationIdPattern, 'expected 1 to 128 of A-Z a-z 0-9 _ . : -').optional(),
  traceparent: z.string().optional(),
  tracestate: z.string().max(512).optional(),
  idempotencyKey: z
    .string()
    .min(1)
    .max(255)
    // Otherwise PostgreSQL could not keep it, or keep two different ones as the same.
    .refine((key) => key.isWellFormed() && !key.includes('\0'), 'expected Unicode text without NUL')
    .optional(),
  initiator: word.default('unknown'),
  source_system: word.default('unknown'),
  reason: word.default('unknown'),
  tags: z.array(word).max(64).default([]),
  bypass_steps: z.array(z.string()).default([]),
  priority: z.number().int().min(lowestPriority).max(highestPriority).default(0),
  startAt: z.custom<number | Date | string>(isTime, { error: expectedTime }).optional(),
});

/** The later of both; null where that is at once. */
function startTime(wanted: number | Date | string | undefined, createdAt: number): number | null {
  const startAt = wanted === undefined ? createdAt : new Date(wanted).getTime();
  return startAt > createdAt ? startAt : null;
}

export interface PreparedTask {
  readonly type: TaskType;
  readonly row: NewTask;
  readonly request: RequestMeta;
}

/** @throws TaskerError `TASKER_REQUEST_INVALID`, `TASKER_CONTEXT_INVALID` or `TASKER_TEMPLATE_NOT_FOUND`. */
export function prepareTask(
  input: unknown,
  around: { types: TaskTypes; clock: Clock; random: Random; maxContextBytes: number; tracing: TracePolicy },
): PreparedTask {
  const parsed = requestSchema.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`);
    throw new TaskerError('TASKER_REQUEST_INVALID', `The task request is not valid: ${problems.join('; ')}.`, {
      details: { problems },
    });
  }
  const wanted = parsed.data;
  const type = around.types.find(wanted.namespace, wanted.name, wanted.version);
  const { template } = type.plan;
  requireSkippable(type, wanted.bypass_steps);
  const context = checkContext(type, wanted.context, around.maxContextBytes);
  const parent = parseTraceparent(wanted.traceparent);
  const createdAt = around.clock.now();
  const startAt = startTime(wanted.startAt, createdAt);
  const task = parent?.traceId ?? traceId(around.random);
  const tracestate = parent !== null && isTracestate(wanted.tracestate) ? wanted.tracestate : null;
  const trace = traceChoices(around.tracing, task, tracestate);
  const request: RequestMeta = {
    initiator: wanted.initiator,
    source_system: wanted.source_system,
    reason: wanted.reason,
    tags: wanted.tags,
    bypass_steps: wanted.bypass_steps,
    tracestate,
    sampled: parent?.sampled ?? true,
    ...(trace !== null && { trace }),
  };
  return {
    type,
    request,
    row: {
      id: uuidV7(createdAt, around.random),
      templateId: type.templateId,
      namespace: template.namespace,
      name: template.name,
      version: template.version,
      createdAt,
      priority: wanted.priority,
      startAt,
      context,
      request: JSON.stringify(request),
      correlationId: wanted.correlationId ?? `tsk_${around.random.hex(10)}`,
      idempotencyKey: wanted.idempotencyKey ?? null,
      traceId: task,
      rootSpanId: spanId(around.random),
      parentSpanId: parent?.spanId ?? null,
      slaDeadlineAt: template.monitoring.slaMs === null ? null : (startAt ?? createdAt) + template.monitoring.slaMs,
    },
  };
}

function requireSkippable(type: TaskType, steps: readonly string[]): void {
  for (const name of steps) {
    const step = type.plan.template.steps.find((candidate) => candidate.name === name);
    if (step?.skippable === true) continue;
    const known = type.plan.template.steps
      .filter((candidate) => candidate.skippable)
      .map((candidate) => candidate.name);
    throw new TaskerError(
      'TASKER_REQUEST_INVALID',
      `bypass_steps: step '${name}' ${step === undefined ? 'does not exist' : 'is not skippable'}. Skippable: ${known.join(', ') || 'none'}.`,
    );
  }
}

function checkContext(type: TaskType, context: JsonObject, maxBytes: number): string {
  let plain: unknown;
  try {
    plain = JSON.parse(JSON.stringify(context));
  } catch (error) {
    throw new TaskerError('TASKER_CONTEXT_INVALID', 'The context cannot be written as JSON.', { cause: error });
  }
  const checked = type.checkContext(plain);
  if (!checked.ok) {
    const problems = checked.problems.map(({ path, message }) => `${path}: ${message}`);
    throw new TaskerError(
      'TASKER_CONTEXT_INVALID',
      `The context does not fit the template's schema: ${problems.join('; ')}.`,
      {
        details: { problems: checked.problems },
      },
    );
  }
  const text = JSON.stringify(checked.context);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw new TaskerError(
    'TASKER_CONTEXT_INVALID',
    `The context is ${bytes} bytes as JSON; at most ${maxBytes} are allowed.`,
  );
}
