import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { incidentOf } from '../../../../test/support/incident.ts';
import { inMaintenance, type MaintenanceWindow, weekdays } from './maintenance.ts';

const incident = incidentOf('k1', 'something', { namespace: 'payments', task: 'process_order', step: 'charge' });

const hourMs = 3_600_000;
const at = (iso: string): number => Date.parse(iso);
// 2026-11-29 is a Sunday.
const sundayNight: MaintenanceWindow = { kind: 'weekly', days: ['sun'], fromMs: 2 * hourMs, untilMs: 4 * hourMs };
const overMidnight: MaintenanceWindow = { kind: 'weekly', days: ['sat'], fromMs: 22 * hourMs, untilMs: hourMs };
const once: MaintenanceWindow = {
  kind: 'once',
  fromMs: at('2026-11-29T10:00:00Z'),
  untilMs: at('2026-11-29T11:00:00Z'),
};

const open = (window: MaintenanceWindow, iso: string): boolean => inMaintenance([window], incident, at(iso));

test('a window that comes once is open from its first millisecond to the one before its end', () => {
  assert.ok(!open(once, '2026-11-29T09:59:59.999Z'));
  assert.ok(open(once, '2026-11-29T10:00:00.000Z'));
  assert.ok(open(once, '2026-11-29T10:59:59.999Z'));
  assert.ok(!open(once, '2026-11-29T11:00:00.000Z'));
});

test('a weekly window is open on its days alone, in UTC', () => {
  assert.ok(!open(sundayNight, '2026-11-29T01:59:59.999Z'));
  assert.ok(open(sundayNight, '2026-11-29T02:00:00Z'));
  assert.ok(!open(sundayNight, '2026-11-29T04:00:00Z'));
  assert.ok(!open(sundayNight, '2026-11-30T03:00:00Z'));
  assert.ok(open(sundayNight, '2026-12-06T03:00:00Z'));
});

test('a weekly window over midnight belongs to the day on which it begins', () => {
  assert.ok(open(overMidnight, '2026-11-28T23:30:00Z'));
  assert.ok(open(overMidnight, '2026-11-29T00:59:59.999Z'));
  assert.ok(!open(overMidnight, '2026-11-29T01:00:00Z'));
  assert.ok(!open(overMidnight, '2026-11-28T00:30:00Z'));
  assert.ok(!open(overMidnight, '2026-11-29T22:30:00Z'));
});

test('from a time to the same time is a whole day', () => {
  const wholeDay: MaintenanceWindow = { kind: 'weekly', days: ['sun'], fromMs: 0, untilMs: 0 };
  assert.ok(open(wholeDay, '2026-11-29T00:00:00Z'));
  assert.ok(open(wholeDay, '2026-11-29T23:59:59.999Z'));
  assert.ok(!open(wholeDay, '2026-11-30T00:00:00Z'));
});

test('a window for some incidents leaves the others alone', () => {
  const nowMs = at('2026-11-29T10:30:00Z');
  assert.ok(inMaintenance([{ ...once, match: { namespace: 'pay*' } }], incident, nowMs));
  assert.ok(!inMaintenance([{ ...once, match: { namespace: 'other' } }], incident, nowMs));
  assert.ok(inMaintenance([{ ...once, match: { namespace: 'other' } }, once], incident, nowMs));
  assert.ok(!inMaintenance([], incident, nowMs));
});

test('a weekly window is as open now as a week from now, also before 1970', () => {
  const time = fc.integer({ min: 0, max: 24 * 60 - 1 }).map((minutes) => minutes * 60_000);
  const weekly = fc
    .record({ days: fc.uniqueArray(fc.constantFrom(...weekdays)), fromMs: time, untilMs: time })
    .map((window): MaintenanceWindow => ({ kind: 'weekly', ...window }));
  fc.assert(
    fc.property(weekly, fc.integer({ min: -4_000_000_000_000, max: 4_000_000_000_000 }), (window, nowMs) => {
      assert.equal(
        inMaintenance([window], incident, nowMs),
        inMaintenance([window], incident, nowMs + 7 * 24 * hourMs),
      );
    }),
  );
});
