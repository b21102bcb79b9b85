import type { z } from 'zod';

/** Recorded: written with the state change it tells of. Live: narration, published in process, never stored. */
export type EventKind = 'recorded' | 'live';

/** As log levels: how much attention it wants of whoever is on call. */
export type EventSeverity = 'debug' | 'info' | 'warn' | 'error';

interface CommonDefinition<Name extends string, Payload extends z.ZodObject> {
  readonly name: Name;
  /** One sentence: when this happens. */
  readonly meaning: string;
  readonly severity: EventSeverity;
  /** One sentence: who fires it, and on which occasion. */
  readonly firedBy: string;
  /** Raised whenever the payload changes its shape; older ones are upcast when read. */
  readonly schemaVersion: number;
  readonly payload: Payload;
  readonly example: z.infer<Payload>;
}

export interface RecordedEventDefinition<
  Name extends string = string,
  Payload extends z.ZodObject = z.ZodObject,
> extends CommonDefinition<Name, Payload> {
  readonly kind: 'recorded';
}

export interface LiveEventDefinition<
  Name extends string = string,
  Payload extends z.ZodObject = z.ZodObject,
> extends CommonDefinition<Name, Payload> {
  readonly kind: 'live';
  /** The recorded fact it repeats in other words: count that one, not this. null when it tells of no fact. */
  readonly echoes: string | null;
}

export type EventDefinition<Name extends string = string, Payload extends z.ZodObject = z.ZodObject> =
  | RecordedEventDefinition<Name, Payload>
  | LiveEventDefinition<Name, Payload>;

/** Payloads are checked against their schemas in tests, not on the way to the log: there it would cost every step. */
export function defineEvent<const Name extends string, Payload extends z.ZodObject>(
  definition: RecordedEventDefinition<Name, Payload>,
): RecordedEventDefinition<Name, Payload>;
export function defineEvent<const Name extends string, Payload extends z.ZodObject>(
  definition: LiveEventDefinition<Name, Payload>,
): LiveEventDefinition<Name, Payload>;
export function defineEvent<Definition extends EventDefinition>(definition: Definition): Definition {
  return Object.freeze(definition);
}
