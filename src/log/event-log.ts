import type { LoggedEvent } from '../events/envelope.ts';
import type { EncodedEnvelope } from './encoded-envelope.ts';

export interface BodyParts {
  /** null for an event of no task. */
  readonly envelope: EncodedEnvelope | null;
  /** JSON of what it says of itself alone. */
  readonly own: string;
}

/** An event on its way into the log: everything but its position, which the log gives when it commits. */
export interface NewEvent {
  readonly id: string;
  readonly name: string;
  readonly schemaVersion: number;
  readonly occurredAt: number;
  readonly taskId: string | null;
  readonly step: string | null;
  readonly attempt: number | null;
  /** JSON of the rest: task envelope, causation, spans, payload. Encoded by `append.ts` alone. */
  readonly body: string;
  /** The same in its parts, for who is given the event in the process that has made it. Not stored. */
  readonly parts?: BodyParts;
}

/** Events of one commit: the first one's place in the log, the others follow without gap. */
export interface CommittedEvents {
  readonly firstPosition: number;
  readonly events: readonly NewEvent[];
}

export interface EventFilter {
  readonly taskId?: string;
  /** Exact names. */
  readonly names?: readonly string[];
  readonly sinceMs?: number;
}

export interface EventPage {
  /** In log order. */
  readonly events: readonly LoggedEvent[];
  /** Pass as `after` to go on. */
  readonly lastPosition: number;
}

export interface LogPage extends EventPage {
  /** Of the bodies as they are stored, all together: whoever keeps events knows how large they are. */
  readonly characters: number;
}

/**
 * Reading the log. For the implementer: positions never change and rise in commit order; a page never shows an
 * event whose transaction could still be rolled back, nor one beyond a gap that a slower transaction may yet fill.
 */
export interface EventLog {
  read(query: { readonly after: number; readonly limit: number; readonly filter?: EventFilter }): Promise<LogPage>;
  /** The position of the last event; 0 for an empty log. */
  lastPosition(): Promise<number>;
}
