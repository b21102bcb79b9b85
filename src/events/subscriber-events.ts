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
    name: 'subscriber.registered',
    meaning: 'A durable subscriber was checked; it follows the log once this process is the engine.',
    kind: 'live',
    severity: 'info',
    firedBy: '`createTasker`, for each that the configuration names.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject({
      subscriber: z.string(),
      /** Those that it handles, patterns resolved. */
      events: z.array(z.string()),
      /** The module whose thread it runs in; null: the engine's thread. */
      module: z.string().nullable(),
    }),
    example: { subscriber: 'sales', events: ['task.completed'], module: './subscribers/sales.ts' },
  }),
  defineEvent({
    name: 'subscriber.unregistered',
    meaning: 'A subscriber follows the log no more.',
    kind: 'live',
    severity: 'info',
    firedBy: '`tasker.stop`, for each that was registered; an operator who has all that was kept for one removed.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject({ subscriber: z.string(), reason: z.enum(['stopped', 'removed']) }),
    example: { subscriber: 'sales', reason: 'removed' },
  }),
  defineEvent({
    name: 'subscriber.validation_failed',
    meaning: 'A subscriber was refused; `createTasker` throws with the same.',
    kind: 'live',
    severity: 'error',
    firedBy: '`createTasker`, when a subscriber that the configuration names is not valid.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject({ code: z.string(), message: z.string() }),
    example: {
      code: 'TASKER_SUBSCRIBER_INVALID',
      message: "Subscriber 'sales' is not valid:\n  - it names no event, so it would never be called",
    },
  }),
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
    name: 'subscriber.events_removed',
    meaning:
      'Events that a subscriber had not dealt with yet, or had parked, were too old to be kept any longer; it will never see them.',
    kind: 'recorded',
    severity: 'error',
    firedBy: 'Retention, at twice the age at which finished tasks and their events are removed.',
    schemaVersion: 1,
    payload: z.strictObject({
      subscriber: z.string(),
      checkpoint: z.number().int(),
      /** The last position removed. */
      removedUpTo: z.number().int(),
      tasks: z.number().int(),
      events: z.number().int(),
      /** Events that it had parked: they are parked no longer, and can no longer be tried again. */
      parked: z.number().int(),
    }),
    example: { subscriber: 'sales', checkpoint: 4_200, removedUpTo: 84_210, tasks: 100, events: 1_300, parked: 2 },
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
