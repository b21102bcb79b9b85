// What the workers of the fail-over benchmark run, each a process: they tell on standard output what they do.
import { defineConfig, defineSubscriber } from '../../../src/index.ts';
import { tell } from './tell.ts';

const { DATABASE_URL: url = '', LEASE_MS: leaseMs = '' } = process.env;

const handler = async ({ taskId, step }: { readonly taskId: string; readonly step: string }) => {
  tell({ kind: 'began', taskId });
  await new Promise((resolve) => setTimeout(resolve, 200));
  tell({ kind: 'ended', taskId, step });
};

export default defineConfig({
  storage: { kind: 'postgres', url, leaseMs: Number(leaseMs) },
  templates: ['errand.yaml'],
  handlers: { Work: handler },
  subscribers: [
    defineSubscriber({
      name: 'follower_on_engine',
      on: { 'step.completed': () => tell({ kind: 'handled', on: 'engine' }) },
    }),
    { module: './follower.ts' },
  ],
});
