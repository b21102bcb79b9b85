import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { LoggedEvent } from '../../src/events/envelope.ts';
import type { JsonValue } from '../../src/shared/json.ts';
import { Alerting } from '../../src/subscribers/alert-generation/alerting.ts';
import { backtest, type BacktestRun } from '../../src/subscribers/alert-generation/backtest/backtest.ts';
import type { BacktestReport } from '../../src/subscribers/alert-generation/backtest/backtest-report.ts';
import type { PolicyInput } from '../../src/subscribers/alert-generation/policies/policies.ts';
import type { AlertFact } from '../../src/subscribers/alert-generation/incidents/incident-teller.ts';
import { type Fate, simulatedCheckouts, startMs, type Traffic } from './simulated-checkouts.ts';
import { alertingOptions } from './story.ts';
import { scale } from '../support/scale.ts';

const minute = 60_000;
const durationMs = 14 * minute;

const hang: Fate = { kind: 'hang' };
const down: Fate = { kind: 'fail', durationMs: 30, type: 'ServiceError', status: 502 };
const traffic: Traffic = {
  seed: 5,
  durationMs,
  rate: () => 5,
  fate: (step, at) => {
    if (step === 'update_inventory' && at >= 4 * minute && at < 6 * minute) return hang;
    return step === 'create_order' && at >= 9 * minute && at < 10 * minute ? down : null;
  },
};

/** From second to second; how it ends. */
interface Engine {
  readonly from: number;
  readonly to: number;
  readonly lost: boolean;
}

function engineEvent(name: string, atMs: number, payload: object): LoggedEvent {
  const none = { taskId: null, step: null, attempt: null, causationId: null, spanId: null, parentSpanId: null };
  return {
    ...none,
    id: `${name}-${atMs}`,
    position: 0,
    name,
    schemaVersion: 1,
    occurredAt: atMs,
    payload,
  } as unknown as LoggedEvent;
}

function noticeEvent({ kind, atMs, incident, silenced }: AlertFact): LoggedEvent {
  return engineEvent(`alert.${kind}`, atMs, { incident, silenced, changes: [], durationMs: 0 });
}

/** The log of engines that come and go, with what alert generation said in them as it ran. */
function lived(seen: Traffic, engines: readonly Engine[], policies: readonly PolicyInput[] = []) {
  const options = alertingOptions(policies);
  const all = simulatedCheckouts(seen);
  const log: LoggedEvent[] = [];
  const said: AlertFact[] = [];
  let state: JsonValue | undefined;
  for (const [index, { from, to, lost }] of engines.entries()) {
    const [fromMs, toMs] = [startMs + from * 1000, startMs + to * 1000];
    const before = engines[index - 1];
    const alerting = new Alerting(options);
    if (state !== undefined) alerting.restore(state);
    const drain = (): void => {
      const facts = alerting.drain();
      said.push(...facts);
      log.push(...facts.map((fact) => noticeEvent(fact)));
    };
    let tickMs = fromMs;
    const take = (event: LoggedEvent): void => {
      for (; tickMs < event.occurredAt; tickMs += 1000) {
        alerting.tick(tickMs);
        drain();
      }
      log.push(event);
      alerting.take(event);
      drain();
    };
    const who = (number: number) => ({ worker: `w${number}`, pid: number, host: 'shop-1' });
    if (before?.lost === true)
      take(engineEvent('worker.lost', fromMs, { ...who(index - 1), startedAt: 1, tasksHeld: 0 }));
    take(engineEvent('worker.started', fromMs, { ...who(index), nodeVersion: '24' }));
    for (const event of all) if (event.occurredAt > fromMs && event.occurredAt < toMs) take(event);
    if (!lost)
      take(
        engineEvent('worker.stopped', toMs, { ...who(index), uptimeMs: 1, returnedAttempts: 0, abandonedHandlers: 0 }),
      );
    state = JSON.parse(JSON.stringify(alerting.encode())) as JsonValue;
  }
  return { log, said };
}

async function* each(log: readonly LoggedEvent[]): AsyncGenerator<LoggedEvent> {
  yield* log;
}

function over(
  log: readonly LoggedEvent[],
  policies: readonly PolicyInput[] = [],
  changed: Partial<BacktestRun> = {},
): Promise<BacktestReport> {
  return backtest(each(log), {
    alerting: alertingOptions(policies),
    sinceMs: startMs,
    untilMs: startMs + durationMs,
    isRunning: false,
    onPause: async () => undefined,
    ...changed,
  });
}

const always: readonly Engine[] = [{ from: 0, to: durationMs / 1000, lost: false }];

const timesOf = (said: readonly AlertFact[], kind: AlertFact['kind']) =>
  said.filter((fact) => fact.kind === kind).map(({ incident, atMs }) => [incident.key, atMs]);

test('over the log of engines that come and go, the same policies say what was said then, to the second', async () => {
  const cut = fc.record({
    at: fc.integer({ min: 30, max: 700 }),
    gap: fc.integer({ min: 1, max: 120 }),
    lost: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 50 }), fc.array(cut, { maxLength: 3 }), async (seed, cuts) => {
      const engines: Engine[] = [];
      let from = 0;
      for (const { at, gap, lost } of cuts.toSorted((a, b) => a.at - b.at)) {
        if (at <= from + 5) continue;
        engines.push({ from, to: at, lost });
        from = at + gap;
      }
      engines.push({ from, to: durationMs / 1000, lost: false });
      const { log, said } = lived({ ...traffic, seed }, engines);
      const report = await over(log);
      const found = report.incidents.map(({ key, firstNoticeMs }) => [key, firstNoticeMs]);
      assert.deepEqual(found, timesOf(said, 'triggered'));
      const ended = report.incidents.filter(({ resolvedMs }) => resolvedMs !== null);
      assert.deepEqual(
        new Map(ended.map(({ key, resolvedMs }) => [key, resolvedMs])),
        new Map(timesOf(said, 'resolved') as [string, number][]),
      );
      assert.equal(report.totals.notices.updated, said.filter(({ kind }) => kind === 'updated').length);
      for (const { key, saidThen } of report.incidents) assert.ok(saidThen.some((one) => one.key === key));
      assert.deepEqual(report.saidThenAlone, []);
    }),
    // The first was once told otherwise: a restart had changed which of the attempts before it were still seen.
    { numRuns: 2 * scale, examples: [[48, [{ at: 95, gap: 1, lost: false }]]] },
  );
});

test('each incident stands beside what happened: failures, breaches, money, and how long before them it spoke', async () => {
  const { log } = lived(traffic, always);
  const report = await over(log);
  const [inventory, order, ...more] = report.incidents;
  assert.deepEqual(
    [inventory?.step, inventory?.cause, order?.step, more],
    ['update_inventory', 'hang', 'create_order', []],
  );
  const failures = log.filter(({ name }) => name === 'task.failed');
  assert.ok(failures.length > 10);
  const failedIn = (step: string) =>
    failures.filter(({ payload }) => (payload as { failedSteps: { step: string }[] }).failedSteps[0]?.step === step);
  const worth = (events: readonly LoggedEvent[]): number =>
    events.reduce((sum, { business }) => sum + Number(business?.['order_value']), 0);
  for (const incident of [inventory, order]) {
    const own = failedIn(incident?.step ?? '');
    assert.equal(incident?.happened.failed, own.length);
    assert.deepEqual(incident.happened.lost, own.length === 0 ? {} : { USD: worth(own) });
    assert.equal(incident.happened.firstMs, own[0]?.occurredAt ?? null);
  }
  assert.ok((order?.happened.spokeBeforeMs ?? 0) > 0, 'five attempts take longer than the evidence');
  assert.deepEqual(
    [report.totals.failed, report.totals.lost, report.uncovered.failed, report.uncovered.lost],
    [failures.length, { USD: worth(failures) }, 0, {}],
  );
});

test('what nobody would have said anything about is told: tasks that failed outside every incident', async () => {
  const { log } = lived(traffic, always);
  const off = [
    'step_stalled',
    'error_ratio',
    'step_slow',
    'sla_breached',
    'retries_exhausted',
    'high_value_failure',
  ].concat(['revenue_lost', 'revenue_at_risk', 'conversion_drop', 'no_success', 'no_traffic']);
  const report = await over(
    log,
    off.map((name) => ({ name, enabled: false })),
  );
  assert.deepEqual(report.incidents, []);
  assert.ok(report.uncovered.failed > 10);
  assert.deepEqual([report.uncovered.failed, report.uncovered.lost], [report.totals.failed, report.totals.lost]);
  const [first] = report.uncovered.examples;
  const failed = log.find(({ name }) => name === 'task.failed');
  assert.deepEqual([first?.what, first?.taskId, first?.atMs], ['failed', failed?.taskId, failed?.occurredAt]);
  assert.deepEqual(
    report.saidThenAlone.map(({ step }) => step),
    ['update_inventory', 'create_order'],
    'both were said then',
  );
});

test('money of a task that completes after all is not lost', async () => {
  const { log } = lived(traffic, always);
  const failed = log.findLast(({ name }) => name === 'task.failed');
  assert.ok(failed !== undefined);
  const resolved = { ...failed, name: 'task.resolved_manually', occurredAt: startMs + durationMs - 1 } as LoggedEvent;
  const [before, after] = [await over(log), await over([...log.slice(0, -1), resolved])];
  const worth = Number(failed.business?.['order_value']);
  assert.equal((before.totals.lost['USD'] ?? 0) - (after.totals.lost['USD'] ?? 0), worth);
  assert.equal(after.totals.failed, before.totals.failed);
});

test('what was before is learnt from and not told; an incident that was open then is', async () => {
  const { log, said } = lived(traffic, always);
  const sinceMs = startMs + 5 * minute;
  const report = await over(log, [], { sinceMs });
  assert.deepEqual(
    report.incidents.map(({ step, firstNoticeMs }) => [step, firstNoticeMs < sinceMs]),
    [
      ['update_inventory', true],
      ['create_order', false],
    ],
  );
  assert.equal(report.incidents[0]?.happened.spokeBeforeMs, null);
  assert.equal(report.totals.notices.triggered, 1);
  assert.equal(
    report.totals.notices.updated,
    said.filter(({ kind, atMs }) => kind === 'updated' && atMs >= sinceMs).length,
  );
  const later = await over(log, [], { sinceMs: startMs + 12 * minute });
  assert.deepEqual([later.incidents, later.saidThenAlone, later.learntFromMs], [[], [], startMs]);
});

test('a threshold that is changed changes what is said: less evidence speaks earlier', async () => {
  const { log } = lived(traffic, always);
  const [now, sooner] = [await over(log), await over(log, [{ name: 'error_ratio', evidence: 5 }])];
  const orderOf = ({ incidents }: BacktestReport) => incidents.find(({ step }) => step === 'create_order');
  const [before, after] = [orderOf(now), orderOf(sooner)];
  assert.ok((after?.firstNoticeMs ?? 0) < (before?.firstNoticeMs ?? 0));
  assert.deepEqual(
    after?.saidThen.map(({ firstNoticeMs }) => firstNoticeMs),
    [before?.firstNoticeMs],
  );
});

test('silence while no engine ran is none; while one ran, it is', async () => {
  const stopped: Traffic = { seed: 3, durationMs, rate: (at) => (at < 8 * minute ? 5 : 0) };
  const { log } = lived(stopped, always);
  const lastStart = log.findLast(({ name }) => name === 'task.initialize_requested')?.occurredAt ?? 0;
  const [incident] = (await over(log)).incidents;
  assert.equal(incident?.policy, 'no_traffic');
  const untilLast = log.filter(({ occurredAt, name }) => occurredAt <= lastStart && !name.startsWith('alert.'));
  assert.deepEqual((await over(untilLast)).incidents, [], 'nothing tells that somebody was there');
  const [running] = (await over(untilLast, [], { isRunning: true })).incidents;
  assert.equal(running?.firstNoticeMs, incident.firstNoticeMs);
});

test('what comes after the end is not read: neither event nor silence', async () => {
  const { log } = lived(traffic, always);
  const untilMs = startMs + 7 * minute;
  let read = 0;
  async function* counted(): AsyncGenerator<LoggedEvent> {
    for (const event of log) {
      read += 1;
      yield event;
    }
  }
  const report = await backtest(counted(), {
    alerting: alertingOptions(),
    sinceMs: startMs,
    untilMs,
    isRunning: true,
    onPause: async () => undefined,
  });
  assert.deepEqual(
    report.incidents.map(({ step }) => step),
    ['update_inventory'],
  );
  assert.equal(report.events, log.filter(({ occurredAt }) => occurredAt <= untilMs).length);
  assert.ok(read < log.length * 0.7);
});
