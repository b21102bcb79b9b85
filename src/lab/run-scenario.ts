import {
  type AlertNotice,
  createTasker,
  defineSink,
  defineSubscriber,
  type JsonObject,
  type LoggedEvent,
  type StepHandler,
  type Tasker,
  type TaskerConfigInput,
  systemClock,
} from '../index.ts';
import { errorMessage } from '../shared/errors.ts';
import { Baseline } from './baseline/baseline.ts';
import type { Received } from './measure/incidents.ts';
import { type RunResult, runResult } from './measure/run-result.ts';
import type { Scenario, Workflow } from './scenario/scenario.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { FaultWatch } from './truth/fault-watch.ts';
import { Facts } from './measure/explain.ts';
import { Ledger } from './truth/ledger.ts';
import { arrivals, silencedBy } from './world/arrivals.ts';
import { seededIds } from './world/chance.ts';
import { Services } from './world/services.ts';

/** Far more than any fault can leave hanging: what is measured is the alerting, not the engine's limits. */
const limits = { stepsPerProcess: 100_000, tasksInMemory: 100_000, abandonedHandlers: 100_000, unresponsiveMs: 0 };
const mostWarnings = 20;

/** One run of a scenario, from its own start to its end, on the real engine in simulated time. */
export async function runScenario(scenario: Scenario, seed: number): Promise<RunResult> {
  const began = { realMs: systemClock.monotonicMs(), cpuMs: cpuMs() };
  const clock = new SimulatedClock(scenario.startMs);
  const endMs = scenario.startMs + scenario.durationMs;
  const truth = {
    ledger: new Ledger(scenario.workflows),
    faults: new FaultWatch(scenario),
    facts: new Facts(),
    baseline: new Baseline(scenario.workflows, scenario.startMs),
  };
  const services = new Services({ scenario, seed, clock, onHit: (hit) => truth.faults.hit(hit) });
  const received: Received[] = [];
  const receive = (notice: AlertNotice): void => {
    if (clock.now() <= endMs) received.push({ atMs: clock.now(), notice });
  };
  let events = 0;
  const watch = defineSubscriber({
    name: 'lab.truth',
    startFrom: 'beginning',
    saveEveryMs: 60_000,
    batchSize: 5000,
    on: {
      '*': (event: LoggedEvent) => {
        if (event.occurredAt > endMs) return;
        events += 1;
        for (const part of [truth.ledger, truth.faults, truth.facts, truth.baseline]) part.take(event);
      },
    },
  });
  const sink = defineSink({
    name: 'lab',
    alerts: async (notices) => {
      for (const notice of notices) receive(notice);
      return { kind: 'delivered' };
    },
  });
  const warnings: string[] = [];
  const warn = (message: string): void => {
    if (warnings.length < mostWarnings) warnings.push(message);
  };
  const tasker = await createTasker(
    {
      environment: 'lab',
      storage: { kind: 'memory' },
      limits,
      ...tasksOf(scenario.workflows, services),
      subscribers: [watch],
      sinks: [sink],
      ...alertsOf(scenario),
    },
    { clock, random: seededIds(seed), env: {}, onWarning: warn },
  );
  await clock.advanceUntil(tasker.start());
  let tasks = 0;
  for (const [index, workflow] of scenario.workflows.entries()) {
    const { startMs, durationMs } = scenario;
    const coming = arrivals(workflow, index, { seed, startMs, durationMs });
    const next = (): void => {
      const { value: arrival } = coming.next();
      if (arrival === undefined) return;
      clock.setTimer(arrival.atMs - clock.monotonicMs(), () => {
        const silence = silencedBy(scenario.faults, workflow, startMs, arrival);
        if (silence >= 0) truth.faults.silenced(silence, `${index} ${arrival.number}`, clock.now());
        else {
          tasks += 1;
          start(tasker, workflow, arrival.context, warn);
        }
        next();
      });
    };
    next();
  }
  await clock.advanceTo(endMs);
  // What happened in the last moments is read, and nothing of what stopping does.
  await clock.advanceTo(endMs + 1000);
  truth.baseline.advanceTo(endMs);
  const result = runResult({ scenario, seed, truth, received, endMs, tasks, events, warnings });
  await clock.advanceUntil(tasker.stop({ graceMs: 0 }));
  const speed = { realMs: systemClock.monotonicMs() - began.realMs, cpuMs: cpuMs() - began.cpuMs };
  return { ...result, speed };
}

/** Of this thread; of the process where Node does not tell them apart yet. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

function start(
  tasker: Tasker,
  { namespace, name }: Workflow,
  context: JsonObject,
  warn: (message: string) => void,
): void {
  tasker
    .run({ namespace, name, context })
    .catch((error: unknown) => warn(`a task did not start: ${errorMessage(error)}`));
}

function tasksOf(workflows: readonly Workflow[], services: Services): Partial<TaskerConfigInput> {
  const handlersOf = (workflow: Workflow): readonly (readonly [string, StepHandler])[] =>
    workflow.steps.map((step) => [step.name, services.handler(workflow, step)]);
  const fromFiles = workflows.filter(({ definition }) => definition === null);
  return {
    tasks: workflows.flatMap((one) =>
      one.definition === null ? [] : [{ definition: one.definition, handlers: new Map(handlersOf(one)) }],
    ),
    templates: fromFiles.flatMap(({ templateFile }) => templateFile ?? []),
    handlers: Object.fromEntries(
      fromFiles.map((one) => [`${one.namespace}.${one.name}`, Object.fromEntries(handlersOf(one))]),
    ),
  };
}

/** Nothing, where the scenario says nothing: alerting is measured as it is by itself. */
function alertsOf({ policies, scopeFields }: Scenario): Partial<TaskerConfigInput> {
  if (policies === null && scopeFields === null) return {};
  return { alerts: { ...(policies !== null && { policies }), ...(scopeFields !== null && { scopeFields }) } } as object;
}
