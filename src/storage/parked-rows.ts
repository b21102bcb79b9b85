import type { StoredParkedEvent } from '../subscribers/subscriber-store.ts';

/** A row of `parked_events`. */
export interface ParkedRow {
  readonly subscriber: string;
  readonly position: number;
  readonly generation: number;
  readonly event_name: string;
  readonly task_id: string | null;
  readonly attempts: number;
  readonly parked_at: number;
  readonly error_type: string | null;
  readonly error_message: string | null;
  readonly error_stack: string | null;
}

export function toParked(row: ParkedRow): StoredParkedEvent {
  return {
    subscriber: row.subscriber,
    position: row.position,
    generation: row.generation,
    eventName: row.event_name,
    taskId: row.task_id,
    attempts: row.attempts,
    parkedAt: row.parked_at,
    error:
      row.error_type === null
        ? null
        : { type: row.error_type, message: row.error_message ?? '', stack: row.error_stack },
  };
}
