import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import type { EngineOptions } from './engine-process.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const requestSpanId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${requestSpanId}-01`;

/** A receiver, and a service in a process of its own. */
async function shop(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-tracing-'));
  const receiver = await startOtlpReceiver();
  const child = spawn(process.execPath, [file('./service-process.ts'), JSON.stringify({ receiver: receiver.url })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(async () => {
    child.stdin.end();
    await once(child, 'close');
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  });
  const [service] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { receiver, options: { file: join(folder, 'tasker.db'), receiver: receiver.url, service } };
}

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Ended {
  readonly killed: boolean;
  readonly tasks: readonly { readonly status: string; readonly results: Readonly<Record<string, unknown>> }[];
}

async function runEngine(options: EngineOptions): Promise<Ended> {
  const child = spawn(process.execPath, [file('./engine-process.ts'), JSON.stringify(options)], { stdio: 'pipe' });
  let said = '';
  let trouble = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (trouble += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.ok(signal === 'SIGKILL' || code === 0, trouble);
  return { killed: signal === 'SIGKILL', tasks: said === '' ? [] : (JSON.parse(said) as Ended['tasks']) };
}

/** By name; each of one trace, and no id twice. */
function theTrace({ spans }: OtlpReceiver): (name: string) => readonly ReceivedSpan[] {
  assert.equal(
    new Set(spans.map(({ spanId }) => spanId)).size,
    spans.length,
    'no span is exported twice, but as it was',
  );
  for (const span of spans) assert.equal(span.traceId, traceId, span.name);
  return (name) => spans.filter((span) => span.name === name);
}

/** A call's span of `fetch`, and what the service made of it. */
function callsOf({ spans }: OtlpReceiver, attempt: ReceivedSpan): readonly ReceivedSpan[] {
  const calls = spans.filter(({ service, parentSpanId }) => service === 'shop' && parentSpanId === attempt.spanId);
  return calls.map((call) => {
    const [answered, ...more] = spans.filter(({ parentSpanId }) => parentSpanId === call.spanId);
    assert.deepEqual([answered?.name, answered?.service, more.length], ['charge card', 'payments', 0]);
    assert.ok(attempt.startNanos <= call.startNanos && call.endNanos <= attempt.endNanos + 1_000_000n);
    return call;
  });
}

for (const sdk of [2, 3] as const) {
  test(`request → task → attempt → HTTP service → its own span is one trace (SDK ${sdk}.x)`, async (t) => {
    const { receiver, options } = await shop(t);
    const { tasks } = await runEngine({ ...options, sdk, traceparent });
    await receiver.received(5);
    const named = theTrace(receiver);
    const [root] = named('task started checkout');
    const [attempt] = named('step charge');
    const [task] = named('task checkout');
    assert.ok(root && attempt && task);
    assert.equal(root.parentSpanId, requestSpanId);
    assert.deepEqual([attempt.parentSpanId, task.parentSpanId], [root.spanId, root.spanId]);
    assert.equal(callsOf(receiver, attempt).length, 1);
    assert.equal(receiver.spans.length, 5);
    assert.deepEqual(
      receiver.spans.filter(({ error }) => error),
      [],
    );
    assert.equal(
      tasks[0]?.results['told'],
      `00-${traceId}-${attempt.spanId}-01`,
      'the same for what is not instrumented',
    );
  });

  test(`the same after kill -9 in the middle of an attempt: the dead attempt is there, with what it called (SDK ${sdk}.x)`, async (t) => {
    const { receiver, options } = await shop(t);
    const died = await runEngine({ ...options, sdk, traceparent, die: true });
    assert.ok(died.killed);
    const { tasks } = await runEngine({ ...options, sdk });
    assert.equal(tasks[0]?.status, 'complete');
    await receiver.received(8);
    const named = theTrace(receiver);
    const [root] = named('task started checkout');
    const [lost, second, ...more] = named('step charge');
    const [task] = named('task checkout');
    assert.ok(root && lost && second && task);
    assert.equal(more.length, 0);
    assert.deepEqual([lost.error, lost.attributes['error.type']], [true, 'worker_lost']);
    assert.deepEqual([second.error, task.error], [false, false]);
    for (const span of [lost, second, task]) assert.equal(span.parentSpanId, root.spanId);
    assert.deepEqual(
      second.links.map(({ spanId }) => spanId),
      [lost.spanId],
    );
    assert.deepEqual([callsOf(receiver, lost).length, callsOf(receiver, second).length], [1, 1]);
    assert.equal(receiver.spans.length, 8);
  });
}

test('in an application without OpenTelemetry tasks are traced all the same, and nothing is put into its calls', async (t) => {
  const { receiver, options } = await shop(t);
  const { tasks } = await runEngine({ ...options, sdk: 0, traceparent });
  // The service's own is a trace of its own.
  await receiver.received(4);
  assert.deepEqual(
    receiver.spans.filter(({ service }) => service === 'tasker').map(({ name }) => name),
    ['task started checkout', 'step charge', 'task checkout'],
  );
  assert.equal(tasks[0]?.results['heard'], null);
});
