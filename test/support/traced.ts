import type { TestContext } from 'node:test';

import {
  type Deliver,
  type LimitsInput,
  defineSink,
  type Span,
  type TaskDefinition,
  type TracingInput,
} from '../../src/index.ts';
import { createTestTasker } from '../../src/testing/test-tasker.ts';

/** A tasker on made-up time whose spans are kept; `answer` says what the sink says. */
export async function traced(
  t: TestContext,
  tasks: readonly TaskDefinition[],
  {
    tracing = {},
    answer = async () => ({ kind: 'delivered' }),
    seed = 5,
    limits = {},
  }: {
    readonly tracing?: TracingInput;
    readonly answer?: Deliver<Span>;
    readonly seed?: number;
    readonly limits?: LimitsInput;
  } = {},
) {
  const spans: Span[] = [];
  const traces: Deliver<Span> = async (given, context) => {
    const said = await answer(given, context);
    if (said.kind === 'delivered') spans.push(...given);
    return said;
  };
  const sinks = [defineSink({ name: 'kept', traces })];
  const made = await createTestTasker({ tasks, sinks, limits, telemetry: { tracing } }, { seed });
  t.after(made.stop);
  return { ...made, spans, named: (name: string) => spans.filter((span) => span.name === name) };
}
