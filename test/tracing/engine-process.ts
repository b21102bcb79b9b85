// An engine in a process of its own, in an application with OpenTelemetry: runs one task, and may be killed in the
// middle of its first attempt, after the service has answered.
import { type Sdk, setUp, useApiOf } from './application.ts';

export interface EngineOptions {
  readonly file: string;
  readonly receiver: string;
  readonly service: string;
  /** 0: an application without OpenTelemetry. */
  readonly sdk: Sdk | 0;
  /** Of the request; none: the tasks of the file are taken up. */
  readonly traceparent?: string;
  readonly die?: boolean;
}

const options = JSON.parse(process.argv[2] ?? '{}') as EngineOptions;
process.stdin.resume().on('end', () => process.exit(3));
let exported = async (): Promise<void> => undefined;
if (options.sdk !== 0) {
  useApiOf(options.sdk);
  exported = await setUp(options.sdk, { service: 'shop', receiver: options.receiver });
}
const { createTasker, defineTask } = await import('../../src/index.ts');
const { otlpSink } = await import('../../src/otlp.ts');

const checkout = defineTask({
  name: 'checkout',
  handler_config: { business_context: ['tier'] },
  step_templates: [
    {
      name: 'charge',
      handler_config: { results: ['charged'] },
      handler: async ({ traceparent, attempt }) => {
        const answer = (await (await fetch(options.service)).json()) as { traceparent: string | null };
        if (options.die === true && attempt === 1) {
          await exported();
          process.kill(process.pid, 'SIGKILL');
        }
        return { charged: 4711, told: traceparent, heard: answer.traceparent };
      },
    },
  ],
});
const tasker = await createTasker(
  {
    storage: { kind: 'sqlite', file: options.file },
    tasks: [checkout],
    sinks: [otlpSink({ url: `${options.receiver}/v1/traces`, serviceName: 'tasker', env: {} })],
  },
  { env: {} },
);
await tasker.start();
if (options.traceparent !== undefined) {
  await tasker.run({ name: 'checkout', context: { tier: 'gold' }, traceparent: options.traceparent });
}
const { tasks } = await tasker.list();
const views = await Promise.all(tasks.map(({ id }) => tasker.wait(id)));
process.stdout.write(`${JSON.stringify(views.map(({ status, steps }) => ({ status, results: steps[0]?.results })))}\n`);
await tasker.stop();
await exported();
process.exit(0);
