/** The text of a configuration for processes of one fleet: `job` in two namespaces, and a subscriber that lags. */
export function describeConfig(url: string): string {
  return `
const job = (namespace: string): string => \`
name: job
namespace_name: \${namespace}
version: 1.0.0
step_templates:
  - name: work
    handler_class: Work
    handler_config: { retry_backoff: { kind: constant, base_seconds: 0.01, jitter: 0 }, results: [by] }
\`;
import { defineSubscriber } from '${new URL('../../src/index.ts', import.meta.url).href}';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
const files = ['shop', 'mail'].map((namespace) => {
  const file = join(import.meta.dirname, namespace + '-' + process.pid + '.yaml');
  writeFileSync(file, job(namespace));
  return file;
});
export default {
  storage: { kind: 'postgres', url: '${url}', leaseMs: 60_000 },
  operations: { port: Number(process.env.OPERATIONS_PORT) },
  alerts: { enabled: false },
  telemetry: { metrics: { enabled: false } },
  templates: files,
  limits: { stopGraceMs: 500 },
  subscribers: [
    defineSubscriber({
      name: 'count',
      startFrom: 'beginning',
      lagLimit: 2,
      on: { 'task.completed': () => new Promise((resolve) => setTimeout(resolve, 20_000)) },
    }),
  ],
  handlers: {
    Work: async ({ context, attempt, signal }: { context: { waits?: boolean }; attempt: number; signal: AbortSignal }) => {
      if (context.waits === true) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return { by: process.env.WHO, attempt };
    },
  },
};
`;
}
