import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

import { anIncident, startMs } from '../test-support/alert-incident.ts';
import type { Moment } from './chronicle.ts';
import { clock, drawMoment } from './draw-moment.ts';

function drawn(moment: Moment, previousMs: number | null = null): string[] {
  return stripVTControlCharacters(drawMoment(moment, startMs, previousMs)).split('\n');
}

describe('a moment of an incident', () => {
  it('says when it was, how long after the one before, and what was done or seen', () => {
    assert.deepEqual(drawn({ kind: 'fault', atMs: startMs + 25_000, text: 'inventory: hangs' }), [
      '  00:25.0            fault   inventory: hangs',
    ]);
    assert.deepEqual(drawn({ kind: 'seen', atMs: startMs + 90_140, text: 'a step stalls' }, startMs + 85_000), [
      '  01:30.1    +5.1 s  seen    a step stalls',
    ]);
    const readLate = drawn({ kind: 'seen', atMs: startMs + 84_100, text: 'a step stalls' }, startMs + 85_000);
    assert.deepEqual(readLate, ['  01:24.1            seen    a step stalls']);
  });

  it('that triggers an alert says all that the alert says', () => {
    const notice = {
      kind: 'trigger',
      atMs: startMs + 31_000,
      incident: anIncident({ joined: ['revenue_at_risk'] }),
    } as const;
    assert.deepEqual(drawn({ kind: 'notice', atMs: startMs + 31_000, notice, before: null }, startMs + 30_000), [
      '  00:31.0    +1.0 s  ALERT   critical: update_inventory hangs: 7 checkouts wait.',
      '                            step     update_inventory of ecommerce.monitored_checkout, which depends on inventory',
      '                            cause    hang',
      '                            since    14:17:25 UTC, 6.0 s before',
      '                            hits     7 checkouts, of everybody alike',
      '                            of them  customer_tier 5 standard, 2 premium; region 7 uk',
      '                            money    $4,821.00, ¥1,200 at risk, nothing lost',
      '                            do       See whether inventory answers.',
      '                            policy   step_stalled, joined by revenue_at_risk',
      '                            example  task-7',
    ]);
  });

  it('that updates one says only what has changed', () => {
    const before = anIncident();
    const incident = anIncident({
      summary: 'update_inventory times out.',
      cause: 'timeout',
      firstError: { type: 'TimeoutError', code: null, status: 504 },
      tasksHit: 1,
      scope: [{ field: 'customer_tier', values: ['gold', 'premium'] }],
      lost: { EUR: 999 },
    });
    const notice = { kind: 'update', atMs: startMs + 40_000, incident } as const;
    assert.deepEqual(drawn({ kind: 'notice', atMs: startMs + 40_000, notice, before }), [
      '  00:40.0            update  critical: update_inventory times out.',
      '                            cause    timeout; first error: TimeoutError 504',
      '                            hits     1 checkout, only customer_tier gold, premium',
      '                            money    $4,821.00, ¥1,200 at risk, €9.99 lost',
    ]);
  });

  it('that resolves one says what it came to', () => {
    const notice = { kind: 'resolve', atMs: startMs + 60_000, incident: anIncident({ atRisk: {} }) } as const;
    assert.deepEqual(drawn({ kind: 'notice', atMs: startMs + 60_000, notice, before: null }), [
      '  01:00.0            RESOLVED update_inventory hangs: 7 checkouts wait.',
      '                            hit      7 checkouts, of everybody alike',
      '                            money    nothing at risk, nothing lost',
    ]);
  });

  it('about the engine names no step', () => {
    const incident = anIncident({ namespace: null, task: null, step: null, system: null, cause: 'worker_lost' });
    const notice = { kind: 'trigger', atMs: startMs, incident } as const;
    assert.match(drawn({ kind: 'notice', atMs: startMs, notice, before: null })[1] ?? '', /step {5}the engine$/);
  });

  it('tells what was missed', () => {
    const notice = { kind: 'summary', atMs: startMs, missed: [anIncident()] } as const;
    assert.deepEqual(drawn({ kind: 'notice', atMs: startMs, notice, before: null }), [
      '  00:00.0            missed  while nobody could be told: 1',
      '                            update_inventory hangs: 7 checkouts wait.',
    ]);
  });
});

describe('the clock', () => {
  it('goes over to the next minute where its tenths do', () => {
    assert.deepEqual([clock(59_940), clock(59_960), clock(-3)], ['00:59.9', '01:00.0', '00:00.0']);
  });
});
