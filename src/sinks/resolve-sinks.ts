import { z } from 'zod';

import { TaskerError } from '../shared/errors.ts';
import type { Sink } from './define-sink.ts';

const signals = ['logs', 'traces', 'metrics', 'alerts'] as const;
const aFunction = z.custom((value) => typeof value === 'function', 'expected a function');

// Not strict: a sink may be an object of a class with things of its own.
const sinkSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected 1 to 40 of A-Z a-z 0-9 . _ -'),
  logs: aFunction.optional(),
  traces: aFunction.optional(),
  metrics: aFunction.optional(),
  alerts: aFunction.optional(),
  repeatAlertsMs: z.number().min(1000).max(86_400_000).optional(),
  metricsEveryMs: z.number().min(1000).max(86_400_000).optional(),
  close: aFunction.optional(),
});

/** @throws TaskerError `TASKER_SINK_INVALID`, with what was expected. */
export function resolveSinks(given: readonly Sink[]): readonly Sink[] {
  const seen = new Set<string>();
  for (const [index, sink] of given.entries()) {
    const parsed = sinkSchema.safeParse(sink);
    const name =
      parsed.data?.name ?? z.object({ name: z.string() }).safeParse(sink).data?.name ?? `number ${index + 1}`;
    const problems = parsed.success
      ? []
      : parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the sink'}: ${message}`);
    if (parsed.success && signals.every((signal) => sink[signal] === undefined))
      problems.push('it takes no signal: expected a function logs, traces, metrics or alerts');
    if (seen.has(name)) problems.push('there are two of this name; what was delivered is remembered by name');
    seen.add(name);
    if (problems.length === 0) continue;
    throw new TaskerError(
      'TASKER_SINK_INVALID',
      `Sink '${name}' is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      { details: { sink: name, problems } },
    );
  }
  return given;
}
