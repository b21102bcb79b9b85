import type { z } from 'zod';

/** Recorded: written with the state change it tells of. Live: narration, published in process, never stored. */
export type EventKind = 'recorded' | 'live';

export interface EventDefinition<
  Name extends string = string,
  Payload extends z.ZodObject = z.ZodObject,
  Kind extends EventKind = EventKind,
> {
  readonly name: Name;
  /** One sentence: when this happens. */
  readonly meaning: string;
  readonly kind: Kind;
  /** Raised whenever the payload changes its shape; older ones are upcast when read. */
  readonly schemaVersion: number;
  readonly payload: Payload;
  readonly example: z.infer<Payload>;
}

/** Payloads are checked against their schema in tests, not on the way to the log: there it would cost every step. */
export function defineEvent<const Name extends string, Payload extends z.ZodObject, const Kind extends EventKind>(
  definition: EventDefinition<Name, Payload, Kind>,
): EventDefinition<Name, Payload, Kind> {
  return Object.freeze(definition);
}
