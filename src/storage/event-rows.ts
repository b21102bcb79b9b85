import type { EventFilter } from '../log/event-log.ts';

/** A row of `events`, its columns named as the log names them. */
export interface EventRow {
  readonly position: number;
  readonly id: string;
  readonly name: string;
  readonly schemaVersion: number;
  readonly occurredAt: number;
  readonly taskId: string | null;
  readonly step: string | null;
  readonly attempt: number | null;
  readonly body: string;
}

/** The names that the partial index `events_by_rare_name` leaves out; as in its migrations. */
export const commonNames = [
  'step.execution_requested',
  'step.completed',
  'task.initialize_requested',
  'task.start_requested',
  'task.completed',
] as const;

/** Only names that this index has, and of no one task. */
export function isRare({ taskId, names }: EventFilter): boolean {
  if (taskId !== undefined || names === undefined) return false;
  return names.every((name) => !(commonNames as readonly string[]).includes(name));
}
