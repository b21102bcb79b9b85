import type { Clock } from '../shared/clock.ts';
import { TaskerError } from '../shared/errors.ts';
import type { Random } from '../shared/ids.ts';
import { fullTaskName } from '../tasks/template.ts';
import { creationForOthers } from './creation.ts';
import { newTask } from './loaded-task.ts';
import type { Storage } from './storage.ts';
import { prepareTask } from './task-request.ts';
import type { TaskTypes } from './task-types.ts';
import type { TracePolicy } from './trace-policy.ts';
import type { TransactionClient } from './transactional.ts';

export interface CreateWithinOptions {
  readonly storage: Pick<Storage, 'transactional' | 'templates' | 'location'>;
  readonly types: TaskTypes;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: { readonly contextBytes: number };
  readonly tracing: TracePolicy;
}

/** Creates a task in a transaction of the caller's; which worker takes it up once that is committed is left open. */
export class CreateWithin {
  readonly #options: CreateWithinOptions;
  /** Templates that the store has been seen to know: it never forgets one. */
  readonly #known = new Set<string>();

  constructor(options: CreateWithinOptions) {
    this.#options = options;
  }

  async create(client: TransactionClient, request: unknown): Promise<{ taskId: string; existing: boolean }> {
    const { storage, types, clock, random, limits, tracing } = this.#options;
    if (storage.transactional === undefined) throw withoutTransactions(storage.location);
    const prepared = prepareTask(request, { types, clock, random, maxContextBytes: limits.contextBytes, tracing });
    const { type, row } = prepared;
    await this.#requireKnown(type.templateId, fullTaskName(type.plan.template));
    const change = creationForOthers(prepared, newTask(type, row), random);
    const result = await storage.transactional.commitWithin(client, change);
    switch (result.kind) {
      case 'committed':
        return { taskId: row.id, existing: false };
      case 'duplicate':
        return { taskId: result.taskId, existing: true };
      case 'failed':
        throw result.error;
      case 'lease_lost':
        throw new TaskerError('TASKER_INTERNAL', `Task '${row.id}' was not created, though nobody could have it.`);
    }
  }

  /** A worker takes the template from the store; one that only this process has would never be run. */
  async #requireKnown(templateId: string, name: string): Promise<void> {
    if (this.#known.has(templateId)) return;
    const { storage } = this.#options;
    if ((await storage.templates.load(templateId)) === null) {
      throw new TaskerError(
        'TASKER_TEMPLATE_NOT_FOUND',
        `The store '${storage.location}' does not know ${name} as this process has it: no worker has started with it yet. Start one with this template, then try again.`,
        { details: { templateId, name } },
      );
    }
    this.#known.add(templateId);
  }
}

function withoutTransactions(location: string): TaskerError {
  return new TaskerError(
    'TASKER_TRANSACTION_UNFIT',
    `A task cannot be created in your own transaction on the storage '${location}': only a storage on PostgreSQL, in the same database as your tables, can do that. Use 'run', or configure one (storage: 'postgres://…').`,
    { details: { location } },
  );
}
