import { catalogEntry, type LiveEventName, type PayloadOf } from '../events/catalog.ts';
import type { PublishedEvent, TaskEnvelope } from '../events/envelope.ts';
import { fromCommitted } from '../log/append.ts';
import type { NewEvent } from '../log/event-log.ts';
import type { Clock } from '../shared/clock.ts';
import { deepFreeze } from '../shared/json.ts';
import type { Announcer } from './announcer.ts';
import type { NewTask } from './task-store.ts';

/** What a live event is about; all that is left out is unknown or does not apply. */
export interface Subject {
  readonly task?: { readonly row: NewTask; readonly envelope: () => TaskEnvelope };
  readonly step?: string | undefined;
  readonly attempt?: number | undefined;
  /** Of the attempt. */
  readonly spanId?: string | null | undefined;
  readonly causationId?: string | null | undefined;
  /** Default: now. */
  readonly at?: number;
}

export type Tell = <Name extends LiveEventName>(name: Name, payload: () => PayloadOf<Name>, step?: string) => void;

/** Builds what is published in process, if somebody listens to it. Frozen: all listeners share one value. */
export class LiveEvents {
  readonly #announcer: Announcer;
  readonly #clock: Clock;
  readonly #newId: (atMs: number) => string;

  /** `newId`: from a chance of its own, so that listening does not change what a seeded engine does. */
  constructor(announcer: Announcer, clock: Clock, newId: (atMs: number) => string) {
    this.#announcer = announcer;
    this.#clock = clock;
    this.#newId = newId;
  }

  get idle(): boolean {
    return this.#announcer.idle;
  }

  wants(name: LiveEventName): boolean {
    return this.#announcer.wants(name);
  }

  tell<Name extends LiveEventName>(name: Name, about: Subject, payload: () => PayloadOf<Name>): void {
    if (!this.#announcer.wants(name)) return;
    const { task, at = this.#clock.now() } = about;
    const ofAttempt = about.spanId !== undefined && about.spanId !== null;
    const event = {
      ...task?.envelope(),
      id: this.#newId(at),
      position: null,
      name,
      schemaVersion: catalogEntry(name)?.schemaVersion ?? 1,
      occurredAt: at,
      taskId: task?.row.id ?? null,
      step: about.step ?? null,
      attempt: about.attempt === undefined || about.attempt === 0 ? null : about.attempt,
      causationId: about.causationId ?? null,
      spanId: (ofAttempt ? about.spanId : task?.row.rootSpanId) ?? null,
      parentSpanId: (ofAttempt ? task?.row.rootSpanId : task?.row.parentSpanId) ?? null,
      payload: payload(),
    };
    this.#announcer.publish(deepFreeze(event) as unknown as PublishedEvent);
  }

  /** `tell`, for several events about one thing. */
  about(subject: Subject): Tell {
    return (name, payload, step) => this.tell(name, step === undefined ? subject : { ...subject, step }, payload);
  }

  /** A recorded event just as readers of the log get it. */
  recorded(event: NewEvent, position: number): void {
    if (!this.#announcer.wants(event.name)) return;
    this.#announcer.publish(fromCommitted(event, position) as unknown as PublishedEvent);
  }
}
