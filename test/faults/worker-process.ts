// A worker in a process of its own, to be frozen and cut off. Its payments wait for a line of standard input; says on
// standard output what becomes of them. Its standard input closing ends it, so that it never outlives its test.
import { createInterface } from 'node:readline';

import { createTasker, defineTask } from '../../src/index.ts';

export interface WorkerProcessOptions {
  /** Of the database. */
  readonly url: string;
  readonly leaseMs: number;
}

const { url, leaseMs } = JSON.parse(process.argv[2] ?? '{}') as WorkerProcessOptions;
const paid = Promise.withResolvers<object>();
createInterface({ input: process.stdin })
  .on('line', () => paid.resolve({}))
  .on('close', () => process.exit(3));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const checkout = defineTask({
  name: 'checkout',
  step_templates: [
    {
      name: 'pay',
      handler: async ({ signal }) => {
        say('called');
        signal.addEventListener('abort', () => say('aborted'));
        await paid.promise;
        say('paid');
        return {};
      },
    },
    { name: 'ship', depends_on_step: 'pay', handler: () => ({}) },
  ],
});

const tasker = await createTasker(
  { storage: { kind: 'postgres', url, leaseMs }, tasks: [checkout], observers: false },
  { env: {}, onWarning: (message) => void process.stderr.write(`${message}\n`) },
);
await tasker.start();
say('ready');
