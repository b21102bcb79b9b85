import { z } from 'zod';

import { defineEvent } from './define-event.ts';

/** How deliveries to sinks go; one event for each change, however long it lasts. None is delivered to the sink it is about. */
export const sinkEvents = [
  defineEvent({
    name: 'sink.failing',
    meaning: 'A sink cannot take what it is given, several times in a row; it is offered again.',
    kind: 'recorded',
    severity: 'error',
    firedBy: 'The delivery to a sink, at the third failure in a row.',
    schemaVersion: 1,
    payload: z.strictObject({
      sink: z.string(),
      /** What it was given: `logs`, `traces`, `metrics` or `alerts`. */
      signal: z.string(),
      failures: z.number().int(),
      /** For people; nothing secret. */
      reason: z.string(),
    }),
    example: { sink: 'otlp', signal: 'traces', failures: 3, reason: 'answered 503' },
  }),
  defineEvent({
    name: 'sink.recovered',
    meaning: 'A sink that was failing takes what it is given again.',
    kind: 'recorded',
    severity: 'info',
    firedBy: 'The delivery to a sink, at the first success.',
    schemaVersion: 1,
    payload: z.strictObject({
      sink: z.string(),
      signal: z.string(),
      failures: z.number().int(),
      failedForMs: z.number(),
    }),
    example: { sink: 'otlp', signal: 'traces', failures: 9, failedForMs: 61_000 },
  }),
  defineEvent({
    name: 'sink.dropped',
    meaning: 'Something was given up: a sink has rejected it, or could not take it for too long.',
    kind: 'recorded',
    severity: 'error',
    firedBy: 'The delivery to a sink: at the first drop, then whenever the count has doubled.',
    schemaVersion: 1,
    payload: z.strictObject({
      sink: z.string(),
      signal: z.string(),
      /** Since the engine started. */
      dropped: z.number().int(),
      reason: z.string(),
    }),
    example: { sink: 'otlp', signal: 'traces', dropped: 512, reason: 'answered 400' },
  }),
] as const;
