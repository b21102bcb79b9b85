import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startOtlpReceiver } from './otlp-receiver.ts';

const entry = fileURLToPath(new URL('../../examples/monitored-checkout/services/main.ts', import.meta.url));
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callerSpanId = '00f067aa0ba902b7';

test("the example's services go on with their caller's trace in their own process, and leave alone what is not sampled", async (t) => {
  const receiver = await startOtlpReceiver();
  const child = spawn(process.execPath, [entry, '{"baseLatencyMs":0}'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
    await receiver.close();
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const urls = JSON.parse(line) as { readonly mail: string };
  const send = async (flags: string, body: object): Promise<number> => {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': `key-${flags}`,
      traceparent: `00-${traceId}-${callerSpanId}-${flags}`,
    };
    return (await fetch(`${urls.mail}/messages`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };
  const refused = await send('01', {});
  await send('00', {});
  child.stdin.end();
  await exited;

  assert.deepEqual(
    receiver.spans.map(({ service, name, traceId: of, parentSpanId }) => [service, name, of, parentSpanId]),
    [['mail', 'POST /messages', traceId, callerSpanId]],
  );
  assert.ok(refused >= 400 && refused < 500);
});
