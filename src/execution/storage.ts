import type { EventLog } from '../log/event-log.ts';
import type { RetentionStore } from '../log/retention-store.ts';
import type { SubscriberLeases } from '../subscribers/subscriber-leases.ts';
import type { Progress, ProgressResult, SubscriberStore } from '../subscribers/subscriber-store.ts';
import type { CommandInbox } from './command-inbox.ts';
import type { TaskReader } from './task-reader.ts';
import type { Change, CommitResult, TaskStore } from './task-store.ts';
import type { TemplateStore } from './template-store.ts';
import type { Transactional } from './transactional.ts';
import type { WorkQueue } from './work-queue.ts';
import type { WorkerRegistry } from './workers.ts';

export interface GroupResults {
  readonly changes: readonly CommitResult[];
  readonly progress: readonly ProgressResult[];
}

export interface BackupResult {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
}

/** Every port that a storage implements, over one database. */
export interface Storage {
  readonly tasks: TaskStore;
  readonly queue: WorkQueue;
  readonly workers: WorkerRegistry;
  readonly commands: CommandInbox;
  readonly templates: TemplateStore;
  readonly reader: TaskReader;
  readonly log: EventLog;
  readonly retention: RetentionStore;
  readonly subscribers: SubscriberStore;
  readonly leases: SubscriberLeases;
  /** Missing where there are no transactions that a caller could share. */
  readonly transactional?: Transactional;
  /**
   * `tasks.commit` with subscribers' progress in the same transaction, after the changes: a part that cannot be
   * written is undone alone and takes nothing else with it.
   */
  commitGroup(changes: readonly Change[], progress: readonly Progress[]): Promise<GroupResults>;
  /**
   * Copies the whole storage as it stands at one moment into a new file, while writing goes on, and without holding up
   * this thread. All or nothing.
   */
  backup(file: string, options?: { readonly overwrite?: boolean }): Promise<BackupResult>;
  /** For people: where the data is. */
  readonly location: string;
  close(): Promise<void>;
}

/** Whether several processes may work on it at the same time. */
export function isShared({ workers }: Pick<Storage, 'workers'>): boolean {
  return workers.leaseMs !== null;
}
