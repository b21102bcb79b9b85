import { z } from 'zod';

import { defineEvent } from './define-event.ts';

const template = { namespace: z.string(), taskName: z.string(), version: z.string() };

/** Templates with their handlers, as this process comes to know them. `createTasker` registers them before anybody could call `on`: give listeners in its surroundings. */
export const handlerEvents = [
  defineEvent({
    name: 'handler.registered',
    meaning: 'A task template was registered with a handler for each of its steps.',
    kind: 'live',
    severity: 'info',
    firedBy: '`createTasker`, for each template that the configuration names.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject({ ...template, steps: z.array(z.string()), source: z.string(), changed: z.boolean() }),
    example: {
      namespace: 'shop',
      taskName: 'checkout',
      version: '1.0.0',
      steps: ['validate_cart', 'process_payment'],
      source: 'config/checkout.yaml',
      changed: false,
    },
  }),
  defineEvent({
    name: 'handler.unregistered',
    meaning: 'This process will run no more tasks of a template.',
    kind: 'live',
    severity: 'info',
    firedBy: '`tasker.stop`, for each template that was registered.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject(template),
    example: { namespace: 'shop', taskName: 'checkout', version: '1.0.0' },
  }),
  defineEvent({
    name: 'handler.validation_failed',
    meaning: 'A template or its handlers were refused; `createTasker` throws with the same.',
    kind: 'live',
    severity: 'error',
    firedBy: '`createTasker`, when what the configuration names is not valid.',
    echoes: null,
    schemaVersion: 1,
    payload: z.strictObject({ code: z.string(), message: z.string() }),
    example: {
      code: 'TASKER_HANDLER_NOT_FOUND',
      message: "Handlers of shop.checkout@1.0.0 (config/checkout.yaml) are missing: the step 'pay' has no handler",
    },
  }),
] as const;
