// The main job: real services, real checkouts, a real database, seen live through the recorded events.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { findIncident, incidents } from './incidents/incidents.ts';
import { runIncident } from './incidents/run-incident.ts';
import { runCheckouts } from './run-checkouts.ts';

const { values } = parseArgs({
  options: {
    checkouts: { type: 'string', default: '300' },
    'in-flight': { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
    serve: { type: 'boolean', default: false },
    incident: { type: 'string' },
    rate: { type: 'string', default: '8' },
    healthy: { type: 'string', default: '25' },
    fault: { type: 'string' },
    watch: { type: 'string', default: '60' },
    store: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const usage = `npm start -- [--checkouts N] [--in-flight N] [--seed N] [--serve]

  Starts the example's four services and runs N checkouts (300) through them, N at a time (25).
  --serve goes on until Ctrl-C, so that you can break a service and watch: see examples/monitored-checkout/README.md

npm start -- --incident NAME [--rate N] [--healthy S] [--fault S] [--watch S] [--seed N] [--store FILE]

  Plays an incident: a usual day, trouble, the alert, recovery, and what would have told you otherwise. Exits with 1
  where no alert named it, or one is still open at the end.
  --rate     checkouts a second (8), whatever becomes of the earlier ones
  --healthy  seconds of a usual day before (25)
  --fault    seconds of trouble (the incident's own)
  --watch    seconds that its end is waited for, at most (60)
  --store    database (.tasker/incident/tasker.db), made anew

${incidents.map(({ name, shows }) => `  ${name.padEnd(16)}${shows}`).join('\n')}`;

async function main(): Promise<void> {
  const seed = whole('seed', values.seed);
  if (values.incident === undefined) {
    const wanted = values.serve ? Number.POSITIVE_INFINITY : whole('checkouts', values.checkouts);
    return runCheckouts({ wanted, inFlight: whole('in-flight', values['in-flight']), seed });
  }
  const incident = findIncident(values.incident);
  if (incident === undefined) {
    throw new Error(
      `--incident: expected one of ${incidents.map(({ name }) => name).join(', ')}; got '${values.incident}'`,
    );
  }
  const wasTold = await runIncident(incident, {
    ratePerSecond: whole('rate', values.rate),
    seed,
    healthyMs: 1000 * whole('healthy', values.healthy),
    faultMs: 1000 * (values.fault === undefined ? incident.seconds : whole('fault', values.fault)),
    watchMs: 1000 * whole('watch', values.watch),
    file: resolve(values.store ?? new URL('../../.tasker/incident/tasker.db', import.meta.url).pathname),
  });
  if (!wasTold) process.exitCode = 1;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name}: expected a whole number above 0, got '${text}'`);
}

if (values.help) console.log(usage);
else await main();
