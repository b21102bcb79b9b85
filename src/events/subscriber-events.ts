import { z } from 'zod';

import { defineEvent } from './define-event.ts';
import { publicErrorFields } from './payload-parts.ts';

const lag = {
  subscriber: z.string(),
  /** How many events of the log were still to come. */
  lag: z.number().int(),
  limit: z.number().int(),
  checkpoint: z.number().int(),
};

export const subscriberEvents = [
  defineEvent({
    name: 'subscriber.lagged',
    meaning: 'A subscriber is further behind the log than its limit allows.',
    kind: 'recorded',
    severity: 'warn',
    firedBy: 'A subscriber, when it finds itself further behind than its `lagLimit`.',
    schemaVersion: 1,
    payload: z.strictObject(lag),
    example: { subscriber: 'sales', lag: 120_000, limit: 100_000, checkpoint: 4_200 },
  }),
  defineEvent({
    name: 'subscriber.recovered',
    meaning: 'A subscriber that had lagged is back within half of its limit.',
    kind: 'recorded',
    severity: 'info',
    firedBy: 'A subscriber that had lagged, as it catches up.',
    schemaVersion: 1,
    payload: z.strictObject(lag),
    example: { subscriber: 'sales', lag: 40_000, limit: 100_000, checkpoint: 84_200 },
  }),
  defineEvent({
    name: 'subscriber.event_parked',
    meaning: 'A subscriber failed at an event as often as it may; the event is set aside for an operator.',
    kind: 'recorded',
    severity: 'error',
    firedBy: 'A subscriber, after its last try at an event.',
    schemaVersion: 1,
    payload: z.strictObject({
      subscriber: z.string(),
      position: z.number().int(),
      event: z.string(),
      task: z.string().nullable(),
      attempts: z.number().int(),
      error: publicErrorFields,
    }),
    example: {
      subscriber: 'sales',
      position: 4_201,
      event: 'task.completed',
      task: '0199…',
      attempts: 4,
      error: { type: 'TypeError' },
    },
  }),
] as const;
