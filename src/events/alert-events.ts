import { z } from 'zod';

import { defineEvent } from './define-event.ts';
import { durationMs, operator, timestampMs } from './payload-parts.ts';

/** Minor units by ISO 4217 currency. */
const money = z.record(z.string(), z.number());
const severity = z.enum(['critical', 'error', 'warning', 'info']);

/** The whole incident: whoever reads one fact of it needs no other. Nothing but what templates let out. */
const incident = z.strictObject({
  /** The same in every fact of the incident, and of no other. */
  key: z.string(),
  severity,
  environment: z.string(),
  /** The policy that speaks, and those that have joined it. */
  policy: z.string(),
  joined: z.array(z.string()).readonly(),
  summary: z.string(),
  /** null: it is about the engine. */
  namespace: z.string().nullable(),
  task: z.string().nullable(),
  /** null: about the task as a whole. */
  step: z.string().nullable(),
  /** That the step depends on; or the sink that fails. */
  system: z.string().nullable(),
  cause: z.string(),
  firstError: z
    .strictObject({ type: z.string(), code: z.string().nullable(), status: z.number().nullable() })
    .nullable(),
  sinceMs: timestampMs,
  tasksHit: z.number().int(),
  /** Of those, how many by each value of the fields that tell customers apart; the ten most frequent of each. */
  hitBy: z.record(z.string(), z.record(z.string(), z.number().int())),
  /** Empty: it hits everybody alike, as far as can be told. */
  scope: z.array(z.strictObject({ field: z.string(), values: z.array(z.string()).readonly() })).readonly(),
  lost: money,
  atRisk: money,
  trend: z.enum(['growing', 'steady', 'falling']),
  action: z.string(),
  runbookUrl: z.string().nullable(),
  consoleUrl: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  exampleTask: z.string().nullable(),
  exampleTrace: z.string().nullable(),
});

/** Which incidents: all that is given must fit; a `*` at the end of a name fits whatever follows. */
export const alertMatch = z.strictObject({
  severity: z.union([severity, z.array(severity).readonly()]).optional(),
  namespace: z.string().optional(),
  task: z.string().optional(),
  step: z.string().optional(),
  policy: z.string().optional(),
  cause: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

const anExample: z.infer<typeof incident> = {
  key: '0199…',
  severity: 'critical',
  environment: 'production',
  policy: 'step_stalled',
  joined: ['revenue_at_risk'],
  summary: 'update_inventory of process_order hangs: 7 tasks of premium customers, 1,240.00 USD at risk.',
  namespace: 'checkout',
  task: 'process_order',
  step: 'update_inventory',
  system: 'inventory',
  cause: 'hang',
  firstError: null,
  sinceMs: 1_790_000_000_000,
  tasksHit: 7,
  hitBy: { customer_tier: { premium: 7 } },
  scope: [{ field: 'customer_tier', values: ['premium'] }],
  lost: {},
  atRisk: { USD: 124_000 },
  trend: 'growing',
  action: 'See whether inventory answers at all; tasks go on by themselves once it does.',
  runbookUrl: null,
  consoleUrl: null,
  labels: { team: 'checkout' },
  exampleTask: '0199…',
  exampleTrace: '4bf92f3577b34da6a3ce929d0e0e4736',
};

/** What is said of incidents. Written with the state that they follow from, so that nothing is told twice or forgotten. */
export const alertEvents = [
  defineEvent({
    name: 'alert.triggered',
    meaning: 'An incident begins to fire: a policy holds, for as long as it asks.',
    kind: 'recorded',
    severity: 'error',
    firedBy: 'Alert generation, once for each incident.',
    schemaVersion: 1,
    payload: z.strictObject({
      incident,
      /** Nobody is told while it is: an operator’s silence or a maintenance window. */
      silenced: z.boolean(),
    }),
    example: { incident: anExample, silenced: false },
  }),
  defineEvent({
    name: 'alert.updated',
    meaning:
      'An incident that fires has changed: it grew, its cause is seen better, or it is silenced or no longer so.',
    kind: 'recorded',
    severity: 'warn',
    firedBy: 'Alert generation.',
    schemaVersion: 1,
    payload: z.strictObject({
      incident,
      silenced: z.boolean(),
      changes: z.array(z.enum(['severity', 'scope', 'cause', 'silence', 'figures'])).readonly(),
    }),
    example: { incident: anExample, silenced: false, changes: ['scope', 'figures'] },
  }),
  defineEvent({
    name: 'alert.acknowledged',
    meaning: 'An operator has an incident in hand.',
    kind: 'recorded',
    severity: 'info',
    firedBy: '`tasker.acknowledgeAlert`, `tasker alerts ack`.',
    schemaVersion: 1,
    payload: z.strictObject({
      /** Its key. */
      incident: z.string(),
      ...operator,
    }),
    example: { incident: '0199…', by: 'maria', why: 'on it' },
  }),
  defineEvent({
    name: 'alert.silenced',
    meaning:
      'An operator wants nobody told of some incidents for a time; or, where its end is not after its beginning, no longer.',
    kind: 'recorded',
    severity: 'info',
    firedBy: '`tasker.silenceAlerts`, `tasker.liftSilence`, `tasker alerts silence`, `tasker alerts unsilence`.',
    schemaVersion: 1,
    payload: z.strictObject({
      silence: z.strictObject({ id: z.string(), match: alertMatch, fromMs: timestampMs, untilMs: timestampMs }),
      ...operator,
    }),
    example: {
      silence: {
        id: '0199…',
        match: { namespace: 'checkout', policy: 'step_*' },
        fromMs: 1_790_000_000_000,
        untilMs: 1_790_003_600_000,
      },
      by: 'maria',
      why: 'the inventory service is being moved',
    },
  }),
  defineEvent({
    name: 'alert.resolved',
    meaning: 'An incident has ended: what it was about is well again, or is no longer there.',
    kind: 'recorded',
    severity: 'info',
    firedBy: 'Alert generation, once for each incident that was triggered.',
    schemaVersion: 1,
    payload: z.strictObject({ incident, silenced: z.boolean(), durationMs }),
    example: { incident: { ...anExample, trend: 'falling' }, silenced: false, durationMs: 240_000 },
  }),
  defineEvent({
    name: 'alert.settled',
    meaning: 'Of what was at risk when an incident ended, more is lost than was told: this is what it has cost.',
    kind: 'recorded',
    severity: 'warn',
    firedBy:
      'Alert generation, once for such an incident: when the last task that it has hit is open no longer, or an hour after its end.',
    schemaVersion: 1,
    payload: z.strictObject({ incident, silenced: z.boolean() }),
    example: {
      incident: { ...anExample, trend: 'falling', lost: { USD: 93_000 }, atRisk: {} },
      silenced: false,
    },
  }),
] as const;
