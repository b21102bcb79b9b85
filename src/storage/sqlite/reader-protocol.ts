import type { Storage } from '../../execution/storage.ts';
import type { TaskReader } from '../../execution/task-reader.ts';
import type { EventLog } from '../../log/event-log.ts';
import type { Place } from './storage-errors.ts';

/** The reads that may be heavy: in a thread of their own for files, in place for `:memory:`. */
export type Reads = TaskReader & Pick<EventLog, 'read'> & Pick<Storage, 'backup'>;
export type ReadName = keyof Reads;

export interface ReaderThreadData {
  readonly place: Place;
}
