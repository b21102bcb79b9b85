import { Option } from 'commander';

import { defineCommand } from '../define-command.ts';
import { collect } from '../option-values.ts';
import { runEngine } from '../run-engine.ts';

interface WorkerOptions {
  readonly namespace?: readonly string[];
  readonly observers: boolean;
}

export const workerCommand = defineCommand<WorkerOptions>({
  name: 'worker',
  summary: 'run one of several workers on a shared store until it is told to stop',
  whenToUse:
    "Use it on PostgreSQL, as many times as there is work for. Each worker takes tasks as they become due; what one holds that falls silent goes to the others. Subscribers (metrics, alerts, traces, your own) run in one of the processes that have them, and in another when that one is gone. SIGTERM stops it gracefully within 'limits.stopGraceMs': running steps get their grace, and what is not done is given back.",
  examples: [
    ['tasker worker', 'tasks of every namespace'],
    ['tasker worker --namespace reports --namespace mail', 'of these alone'],
    ['tasker worker --no-observers', "where 'tasker server' observes"],
  ],
  options: [
    new Option('--namespace <name>', 'take tasks of this namespace; may be given more than once').argParser(collect),
    new Option('--no-observers', 'run no subscribers'),
  ],
  run: (session, _args, { namespace, observers }) =>
    runEngine(session, {
      configured: (config) => ({
        ...config,
        ...(namespace !== undefined && { namespaces: namespace }),
        ...(!observers && { observers: false }),
      }),
    }),
});
