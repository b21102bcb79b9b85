import type { AlertingParts } from './alerting-parts.ts';
import type { Clock } from './shared/clock.ts';
import { TaskerError } from './shared/errors.ts';
import { type Random, uuidV7 } from './shared/ids.ts';
import type { AlertIncident, AlertNotice } from './signals/alert.ts';
import type { Delivery } from './signals/delivery.ts';
import type { Sink } from './sinks/define-sink.ts';
import { leadsTo, routeOf } from './subscribers/alert-delivery/routes.ts';
import type { AlertTest, AlertTestOptions, TestedRoute } from './tasker.ts';

const patienceMs = 30_000;

export interface AlertTestParts {
  readonly alerting: AlertingParts | null;
  readonly sinks: readonly Sink[];
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Whom an incident like this would be told to; asked to, tells them of one that says itself that nothing is wrong, and
 * of its end.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID` where nothing asks for alerts.
 */
export async function testAlert(
  { alerting, sinks, clock, random }: AlertTestParts,
  test: AlertTest,
  { send = false }: AlertTestOptions,
): Promise<TestedRoute> {
  if (alerting === null)
    throw new TaskerError(
      'TASKER_CONFIG_INVALID',
      'Nothing asks for alerts. A sink that takes alerts does, or `alerts` in the configuration.',
    );
  const { routes, environment } = alerting.delivery;
  const nowMs = clock.now();
  const incident = incidentOf(test, environment, `tasker-test-${uuidV7(nowMs, random)}`, nowMs);
  const told = sinks.filter((sink) => sink.alerts !== undefined && leadsTo(sink.name, routes, incident));
  const answers = await Promise.all(
    told.map(async (sink) => {
      if (!send) return { sink: sink.name, trigger: null, resolve: null };
      const trigger = await say(sink, { kind: 'trigger', atMs: clock.now(), incident }, clock);
      // Also where it seems not to have arrived: an answer that is lost must not leave somebody with an open alert.
      const resolve = await say(sink, { kind: 'resolve', atMs: clock.now(), incident }, clock);
      return { sink: sink.name, trigger, resolve };
    }),
  );
  return { key: incident.key, route: routeOf(routes, incident), routes: routes.length, sinks: answers };
}

async function say(sink: Sink, notice: AlertNotice, clock: Clock): Promise<Delivery> {
  const patience = new AbortController();
  const late = Promise.withResolvers<Delivery>();
  const timer = clock.setTimer(patienceMs, () => {
    patience.abort();
    late.resolve({ kind: 'retryable', reason: `it did not answer within ${patienceMs} ms` });
  });
  try {
    const answer = sink.alerts?.([notice], { signal: patience.signal });
    return await Promise.race([answer ?? late.promise, late.promise]);
  } catch (error) {
    return { kind: 'retryable', reason: `it threw ${error instanceof Error ? error.name : 'no error'}` };
  } finally {
    timer.cancel();
  }
}

function incidentOf(test: AlertTest, environment: string, key: string, sinceMs: number): AlertIncident {
  const { severity = 'info', namespace = null, task = null, step = null, policy = 'test', cause = 'test' } = test;
  return {
    key,
    severity,
    environment,
    policy,
    joined: [],
    summary: 'A test of the way that alerts take: nothing is wrong, and nothing is to be done.',
    namespace,
    task,
    step,
    system: null,
    cause,
    firstError: null,
    sinceMs,
    tasksHit: 0,
    scope: [],
    lost: {},
    atRisk: {},
    trend: 'steady',
    action: 'Nothing: this is a test.',
    runbookUrl: null,
    consoleUrl: null,
    hitBy: {},
    labels: test.labels ?? {},
    exampleTask: null,
    exampleTrace: null,
  };
}
