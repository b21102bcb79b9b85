import { defineCommand } from '../define-command.ts';
import { runEngine } from '../run-engine.ts';

export const serverCommand = defineCommand<object>({
  name: 'server',
  summary: 'observe a shared store and answer for it, without running steps',
  whenToUse:
    'Use it on PostgreSQL beside workers: it runs the subscribers (metrics, alerts, traces, your own) and the operations listener, records SLAs that run out while every worker is gone, and carries out what operators ask. A second one takes over within seconds when it is gone. It runs no step.',
  examples: [['tasker server', "beside 'tasker worker --no-observers'"]],
  options: [],
  run: (session) => runEngine(session, { advance: 'none' }),
});
