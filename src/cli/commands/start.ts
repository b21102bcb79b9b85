import { defineCommand } from '../define-command.ts';
import { runEngine } from '../run-engine.ts';

export const startCommand = defineCommand<object>({
  name: 'start',
  summary: 'run an engine until it is told to stop',
  whenToUse:
    "Use it where tasks are to be worked on all the time: as a service, or in a second terminal. It takes up what earlier engines left, and what 'tasker run' and the other commands ask for. A store in a file has one engine; on PostgreSQL there may be many, see 'worker' and 'server'. SIGINT or SIGTERM stops it gracefully: no new steps, running ones get their grace; a second signal ends it at once.",
  examples: [
    ['tasker start', 'until Ctrl-C'],
    [
      'TASKER_ENV=production tasker start --config /srv/shop/tasker.config.ts --json',
      'as a service: one JSON line when it runs, one when it has stopped',
    ],
  ],
  options: [],
  run: (session) => runEngine(session),
});
