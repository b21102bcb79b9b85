import { parentPort } from 'node:worker_threads';

import { ThreadCalls } from '../shared/thread-calls.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario/scenario.ts';

/** Runs what it is given, one run after the other. Started by `lab-threads.ts`. */
const port = parentPort;
if (port === null) throw new Error('lab-thread.ts is to be started as a worker thread');

const calls = new ThreadCalls(port, {
  run: (scenario: Scenario, seed: number) => runScenario(scenario, seed),
});

port.on('message', (message) => calls.received(message));
