// The engine in a process of its own, so that it can be killed and deployed. What it has to say it says as lines of JSON on
// standard output; it ends well when standard input does.
import { createInterface } from 'node:readline';

import config from '../incident.config.ts';
import type { ServiceUrls } from '../service-urls.ts';
import { createTasker, defineSink } from '../tasker.ts';
import { traceCalls, traceSinks } from '../traces.ts';
import type { EngineOptions, EngineSays } from './engine-words.ts';
import { handlersOf } from './releases.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as EngineOptions;
const urls: ServiceUrls = options.urls;

function say(what: EngineSays): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** A receiver of alerts like any other, which hands them to the terminal. */
const terminalSink = defineSink({
  name: 'terminal',
  alerts: (notices) => {
    for (const notice of notices) say({ kind: 'notice', notice, receivedAtMs: Date.now() });
    return Promise.resolve({ kind: 'delivered' });
  },
});

const shutDownTracing = await traceCalls();
const tasker = await createTasker(
  {
    ...config,
    storage: { kind: 'sqlite', file: options.file },
    handlers: handlersOf(options.release, urls),
    sinks: [...(config.sinks ?? []), ...traceSinks, terminalSink],
    operations: { port: options.operationsPort },
  },
  { baseDir: import.meta.dirname.replace(/incidents$/, '') },
);
// Ctrl-C reaches the whole process group; the parent decides when its engine ends.
process.on('SIGINT', () => undefined);
await tasker.start();
say({ kind: 'ready', operationsUrl: tasker.status().operationsUrl ?? '' });

createInterface({ input: process.stdin }).once('close', () => {
  void tasker
    .stop({ graceMs: 1000 })
    .then(shutDownTracing)
    // What hangs for ever, such as a call without an answer, is not waited for.
    .finally(() => process.exit());
});
