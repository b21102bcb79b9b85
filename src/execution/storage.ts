import type { EventLog } from '../log/event-log.ts';
import type { CommandInbox } from './command-inbox.ts';
import type { TaskReader } from './task-reader.ts';
import type { TaskStore } from './task-store.ts';
import type { TemplateStore } from './template-store.ts';
import type { WorkQueue } from './work-queue.ts';
import type { WorkerRegistry } from './workers.ts';

/** Every port that a storage implements, over one database. */
export interface Storage {
  readonly tasks: TaskStore;
  readonly queue: WorkQueue;
  readonly workers: WorkerRegistry;
  readonly commands: CommandInbox;
  readonly templates: TemplateStore;
  readonly reader: TaskReader;
  readonly log: EventLog;
  /** For people: where the data is. */
  readonly location: string;
  close(): Promise<void>;
}
