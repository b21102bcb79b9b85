// Somebody to send traces to: local-receiver.ts in a process of its own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Receiver {
  /** Where it takes OTLP traces. */
  readonly url: string;
  stop(): Promise<{ readonly requests: number; readonly cpuMs: number }>;
}

export async function startReceiver(): Promise<Receiver> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'local-receiver.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const port = String((await lines.next()).value);
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    async stop() {
      child.stdin.end();
      return JSON.parse(String((await lines.next()).value)) as { readonly requests: number; readonly cpuMs: number };
    },
  };
}
