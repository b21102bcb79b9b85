import { defineTask } from '../../src/index.ts';

/** Called at least once: the key is the same for every attempt of one order. */
export type Ship = (
  item: string,
  call: { readonly idempotencyKey: string; readonly signal: AbortSignal },
) => Promise<{ parcel: string }>;

export const orderTask = (ship: Ship) =>
  defineTask<{ item: string }>({
    name: 'order',
    schema: {
      type: 'object',
      properties: { item: { type: 'string', minLength: 1 } },
      required: ['item'],
      additionalProperties: false,
    },
    step_templates: [
      {
        name: 'ship',
        handler: ({ context, idempotencyKey, signal }) => ship(context.item, { idempotencyKey, signal }),
      },
    ],
  });
