// What an incident leaves behind, for the command line: npm run -s tasker -- -c examples/monitored-checkout/incident.config.ts …
import config from '../../tasker.config.ts';

export default {
  ...config,
  templates: ['config/monitored_checkout_handler.yaml'],
  // A past of its own, made anew by each incident: of an earlier incident's, alerting would learn that trouble is usual.
  storage: { kind: 'sqlite', file: '../../.tasker/incident/tasker.db' } as const,
  // Elsewhere a process that was lost or blocked is told of for five minutes: longer than anybody watches here.
  alerts: { policies: ['worker_lost', 'worker_unresponsive'].map((name) => ({ name, window_seconds: 20 })) },
  // Hung calls hold a slot until they time out: at the usual number of slots, the checkouts that are well would wait too.
  limits: { ...config.limits, stepsPerProcess: 500 },
};
