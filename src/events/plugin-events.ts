import { z } from 'zod';

import { defineEvent } from './define-event.ts';

const plugin = { kind: z.enum(['sink', 'subscriber_package']), plugin: z.string() };

/** What is plugged in beside tasks: sinks, and subscribers that come as a package. As with handlers, give listeners in the surroundings. */
export const pluginEvents = [
  defineEvent({
    name: 'plugin.registered',
    meaning: 'A sink or a package of subscribers was registered.',
    kind: 'live',
    severity: 'info',
    firedBy: '`createTasker`, for each that the configuration names.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject({ ...plugin, subscriber: z.string().nullable() }),
    example: { kind: 'sink', plugin: 'ndjson', subscriber: 'event-export.ndjson' },
  }),
  defineEvent({
    name: 'plugin.unregistered',
    meaning: 'A sink or a package of subscribers was let go; nothing more is delivered to it.',
    kind: 'live',
    severity: 'info',
    firedBy: '`tasker.stop`, for each that was registered.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject(plugin),
    example: { kind: 'sink', plugin: 'ndjson' },
  }),
  defineEvent({
    name: 'plugin.validation_failed',
    meaning: 'A sink or a package of subscribers was refused; `createTasker` throws with the same.',
    kind: 'live',
    severity: 'error',
    firedBy: '`createTasker`, when what the configuration names is not valid.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject({ kind: plugin.kind, code: z.string(), message: z.string() }),
    example: {
      kind: 'sink',
      code: 'TASKER_SINK_INVALID',
      message: "Sink 'ndjson' is not valid:\n  - logs: expected a function",
    },
  }),
] as const;
