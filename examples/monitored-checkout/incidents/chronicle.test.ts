import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

import { anIncident, startMs } from '../test-support/alert-incident.ts';
import type { AlertIncident, LoggedEvent } from '../tasker.ts';
import { Chronicle, type Moment } from './chronicle.ts';
import { drawOutcome, secondsToTell } from './draw-outcome.ts';
import type { Incident } from './incident.ts';
import { findIncident } from './incidents.ts';

function known(name: string): Incident {
  const incident = findIncident(name);
  assert.ok(incident);
  return incident;
}

function at(seconds: number, name: string, step: string | null, payload: object = {}, taskId = 't1'): LoggedEvent {
  const business = { currency: 'USD', order_value: 500, region: taskId === 'uk' ? 'uk' : 'us-east' };
  return { name, taskId, step, payload, business, occurredAt: startMs + 1000 * seconds } as unknown as LoggedEvent;
}

function tellingOf(incident: Incident) {
  const moments: Moment[] = [];
  const chronicle = new Chronicle(incident, (moment) => moments.push(moment));
  const notice = (seconds: number, kind: 'trigger' | 'update' | 'resolve', told: AlertIncident) =>
    chronicle.notice({ kind, atMs: startMs + 1000 * seconds, incident: told }, startMs + 1000 * seconds);
  const texts = () => moments.map((moment) => (moment.kind === 'notice' ? moment.notice.kind : moment.text));
  return { chronicle, notice, texts };
}

/** A hang from second 25 to second 50, told at 31, over at 60. */
function playedHang() {
  const telling = tellingOf(known('inventory-hang'));
  const { chronicle, notice } = telling;
  chronicle.event(at(24, 'step.stalled', 'update_inventory', { stallMs: 5000 }));
  chronicle.faultBegins({ atMs: startMs + 25_000, text: 'fault' });
  chronicle.event(at(25, 'task.initialize_requested', null));
  chronicle.event(at(30, 'step.stalled', 'process_payment', { stallMs: 5000 }));
  chronicle.event(at(30, 'step.stalled', 'update_inventory', { stallMs: 5000 }));
  chronicle.event(at(30.5, 'step.stalled', 'update_inventory', { stallMs: 5000 }));
  notice(31, 'trigger', anIncident());
  notice(45, 'update', anIncident({ atRisk: { USD: 900_000 } }));
  chronicle.faultEnds({ atMs: startMs + 50_000, text: 'well again' });
  chronicle.event(
    at(50.1, 'step.completed', 'update_inventory', { durationMs: 30_000, startedAt: startMs + 20_100 }, 't0'),
  );
  chronicle.event(at(51, 'step.completed', 'update_inventory', { durationMs: 15, startedAt: startMs + 50_985 }, 't2'));
  chronicle.event(at(52, 'task.completed', null, {}, 't1'));
  notice(60, 'resolve', anIncident({ atRisk: {} }));
  return telling;
}

describe('the chronicle of an incident', () => {
  it('tells the first of each kind, in order, and nothing of what was before the fault or elsewhere', () => {
    assert.deepEqual(playedHang().texts(), [
      'fault',
      'update_inventory: the first hung call passes its stall limit, 5.0 s without a sign of life',
      'trigger',
      'update',
      'well again',
      'update_inventory: an attempt that began after the fault has completed',
      'the last checkout that the fault left open has ended',
      'resolve',
    ]);
  });

  it('counts the seconds from the first sign to the alert that names the step', () => {
    assert.equal(secondsToTell(playedHang().chronicle), 1);
  });

  it('takes an alert on another step, or one before the fault, for none about it', () => {
    const { chronicle, notice } = tellingOf(known('inventory-hang'));
    notice(20, 'trigger', anIncident());
    chronicle.faultBegins({ atMs: startMs + 25_000, text: 'fault' });
    notice(26, 'trigger', anIncident({ key: 'incident-2', step: 'process_payment' }));
    assert.equal(chronicle.marks.has('notified'), false);
    assert.deepEqual([...chronicle.open], ['incident-1', 'incident-2']);
  });

  it('is well again only when those that were hit are', () => {
    const { chronicle } = tellingOf(known('one-region'));
    chronicle.faultBegins({ atMs: startMs, text: 'fault' });
    chronicle.faultEnds({ atMs: startMs + 1000, text: 'well again' });
    const done = { durationMs: 5, startedAt: startMs + 1500 };
    chronicle.event(at(2, 'step.completed', 'update_inventory', done, 'us'));
    assert.equal(chronicle.marks.has('wellAgain'), false);
    chronicle.event(at(3, 'step.completed', 'update_inventory', done, 'uk'));
    assert.equal(chronicle.marks.get('wellAgain'), startMs + 3000);
  });

  it('sees a lost worker, and its attempts, as the first signs of a crash', () => {
    const { chronicle, texts } = tellingOf(known('worker-crash'));
    chronicle.faultBegins({ atMs: startMs, text: 'killed' });
    chronicle.event(at(1, 'step.failed', 'process_payment', { cause: 'error', error: { type: 'RetryableError' } }));
    chronicle.event(at(5, 'worker.lost', null, { pid: 42, tasksHeld: 9 }));
    chronicle.event(at(5, 'step.failed', 'process_payment', { cause: 'worker_lost', error: { type: 'WorkerLost' } }));
    assert.deepEqual(texts(), [
      'killed',
      'the new engine finds that process 42 ended without a word, with 9 checkouts in hand',
      'process_payment: the first attempt has failed (worker_lost)',
    ]);
  });
});

const effects = { total: 240, keys: 240, maxPerKey: 1, maxPerCart: 1 };
const counts = { requests: 243, accepted: 240, duplicates: 3, refused: 0, failed: 0, hung: 0, hanging: 0, effects };
const stats = {
  payments: { name: 'payments', ...counts },
  inventory: { name: 'inventory', ...counts },
  orders: { name: 'orders', ...counts },
  mail: { name: 'mail', ...counts },
} as const;

function outcome(name: string, { chronicle }: Pick<ReturnType<typeof tellingOf>, 'chronicle'>, asked = 24): string[] {
  const health = { asked, green: asked };
  const text = drawOutcome({ incident: known(name), chronicle, stats, health, turnedAway: 0 });
  return stripVTControlCharacters(text).split('\n');
}

describe('what came of an incident', () => {
  it('is told with its seconds, whether the alert was right, what is so, and what else would have told it', () => {
    assert.deepEqual(outcome('inventory-hang', playedHang()), [
      'inventory-hang: The inventory service takes calls and never answers, while its health check stays green: nothing fails.',
      '',
      '     0.0 s  the fault began',
      '     5.0 s  the log showed it first                     5.0 s later',
      '     6.0 s  somebody was told                           1.0 s later',
      '    25.0 s  the fault ended                             19.0 s later',
      '    26.0 s  it worked again                             1.0 s later',
      '    27.0 s  the last checkout it had left open ended    1.0 s later',
      '    35.0 s  the alert was resolved                      8.0 s later',
      '',
      'Told 1.0 s after the log showed it first (aim: within 10 s).',
      '  where    update_inventory of ecommerce.monitored_checkout, which depends on inventory: right',
      '  cause    hang: right',
      '  whom     7 checkouts, of everybody alike: right',
      '  money    at most $9,000.00, ¥1,200 at risk; in the end nothing at risk, nothing lost',
      '  alerts   1 opened, 1 resolved',
      '',
      'In truth: 1 checkouts begun, 1 completed, 0 failed for good, 0 still open; nothing lost.',
      "Payments, by the service's own count: 240 made, 3 calls came again and got the first one's answer; no cart was paid twice.",
      '',
      'What would have told you without this:',
      '  - A dashboard of open requests to inventory would show them grow, to whoever looks at it.',
      '  - The health check, asked 24 times meanwhile: green each time, so nothing.',
      '  - An error tracker: nothing, because no attempt failed.',
      '  - A rule "any failed checkout", or customers who call: nothing, because no checkout failed for good.',
      '  - Rules such as "conversion below 80 % for 2 minutes" or "average above 30 s for 5 minutes": those minutes later at the earliest, and without whom it hits.',
    ]);
  });

  it('says that nobody was told where no alert came, and what would have told first', () => {
    const telling = tellingOf(known('payment-errors'));
    const { chronicle } = telling;
    const failure = { cause: 'error', error: { type: 'RetryableError', code: 'service_unavailable', status: 503 } };
    chronicle.faultBegins({ atMs: startMs, text: 'fault' });
    chronicle.event(at(1, 'task.initialize_requested', null));
    chronicle.event(at(2, 'step.failed', 'process_payment', failure));
    chronicle.event(at(4, 'task.failed', null));
    const lines = outcome('payment-errors', telling);
    assert.ok(lines.includes('Nobody was told: no alert came.'));
    assert.ok(lines.includes('In truth: 1 checkouts begun, 0 completed, 1 failed for good, 0 still open; $5.00 lost.'));
    assert.ok(lines.includes('  - An error tracker: the first attempt failed 2.0 s after the fault began.'));
  });

  it('owns where the alert was wrong, and where something else would have told sooner', () => {
    const telling = tellingOf(known('premium-only'));
    const { chronicle, notice } = telling;
    const failure = { cause: 'error', error: { type: 'RetryableError' } };
    chronicle.faultBegins({ atMs: startMs, text: 'fault' });
    chronicle.event(at(1, 'step.failed', 'process_payment', failure));
    notice(4, 'trigger', anIncident({ step: 'process_payment', cause: 'slow' }));
    const lines = outcome('premium-only', telling);
    assert.ok(lines.includes('  cause    slow: NOT right'));
    assert.ok(lines.includes('  whom     7 checkouts, of everybody alike: NOT right'));
    assert.ok(lines.includes('  alerts   1 opened, 0 resolved'));
    assert.ok(
      lines.includes(
        '  - An error tracker: the first attempt failed 1.0 s after the fault began, 3.0 s sooner than the alert came.',
      ),
    );
  });

  it('does not count on a killed process to report an error', () => {
    assert.ok(
      outcome('worker-crash', tellingOf(known('worker-crash')), 0).includes(
        '  - An error tracker: nothing, because a process that is killed reports nothing.',
      ),
    );
  });
});
