import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface Project {
  readonly dir: string;
  readonly write: (name: string, text: string) => Promise<string>;
}

/** An empty directory of its own, gone after the test. */
export async function emptyProject(t: TestContext): Promise<Project> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'tasker-cli-')));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return {
    dir,
    write: async (name, text) => {
      const path = join(dir, name);
      await writeFile(path, text);
      return path;
    },
  };
}

export const orderTemplate = `
name: order
namespace_name: shop
version: 1.0.0
schema:
  type: object
  properties:
    amount: { type: integer }
    fail: { type: string }
handler_config:
  business_context: [amount]
step_templates:
  - name: charge
    handler_class: Charge
    default_retryable: true
    default_retry_limit: 2
    handler_config: { retry_backoff: { kind: constant, base_seconds: 0.01, jitter: 0 }, results: [charged] }
  - name: mail
    handler_class: Mail
    depends_on_step: charge
    skippable: true
`;

/** `context.fail`: once | always | wait (until the file `go` is there). */
const orderConfig = `
import { existsSync } from 'node:fs';
import { join } from 'node:path';

class PermanentError extends Error { override readonly name: string = 'PermanentError'; }
type Order = { readonly amount?: number; readonly fail?: string };
type Step = { readonly context: Order; readonly attempt: number; readonly signal: AbortSignal };

async function charge({ context, attempt, signal }: Step): Promise<{ charged: number }> {
  if (context.fail === 'once' && attempt === 1) throw new Error('card \\u001b[2Jreader is busy');
  if (context.fail === 'always') throw new Error('card declined');
  while (context.fail === 'wait' && !existsSync(join(import.meta.dirname, 'go'))) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { charged: context.amount ?? 0 };
}

export default {
  storage: { kind: 'sqlite', file: 'tasker.db' },
  limits: { stopGraceMs: 200 },
  templates: ['order.yaml'],
  handlers: {
    Charge: charge,
    Mail: () => ({}),
    // Never settles, and would keep the process alive.
    Hang: () => new Promise(() => setInterval(() => undefined, 1000)),
  },
};
`;

/** A two-step order in TypeScript, on a database of its own. */
export async function orderProject(t: TestContext): Promise<Project> {
  const project = await emptyProject(t);
  await project.write('package.json', '{ "type": "module" }');
  await project.write('order.yaml', orderTemplate);
  await project.write('tasker.config.ts', orderConfig);
  return project;
}
