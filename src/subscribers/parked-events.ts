import { TaskerError } from '../shared/errors.ts';
import { Batch } from './batch.ts';
import { stateText } from './json-state.ts';
import { describeFailure } from './describe-failure.ts';
import type { SubscriberRunner, Standing } from './subscriber-runner.ts';
import type { ParkedEvent, ParkedPlace, StoredParkedEvent } from './subscriber-store.ts';

export interface ParkedQuery {
  /** Only the event of this position. */
  readonly position?: number;
  /** At most so many: 1 to 1000. Default 1000. */
  readonly limit?: number;
  /** The next page: `next` of the page before. */
  readonly after?: string;
}

export interface ParkedPage {
  /** By subscriber and position. */
  readonly events: readonly StoredParkedEvent[];
  /** How many there are on all pages. */
  readonly total: number;
  /** Where the next page begins, for `after`; null when this is the last. */
  readonly next: string | null;
}

export interface ParkedOutcome {
  /** Positions that are no longer parked. */
  readonly settled: readonly number[];
  /** Positions that failed again. */
  readonly failed: readonly number[];
  /** Positions whose event is no longer in the log: they can only be dropped. */
  readonly gone: readonly number[];
}

type Tried = 'settled' | 'failed' | 'gone';

const pageSize = 500;

/** What an operator does with the events that a subscriber has set aside: one, or all. */
export class ParkedEvents {
  readonly #runner: SubscriberRunner;

  constructor(runner: SubscriberRunner) {
    this.#runner = runner;
  }

  /** In order; with `hold-task` also what waits behind the event, until something fails again. */
  retry(position?: number): Promise<ParkedOutcome> {
    return this.#runner.exclusively(async () => {
      if (position === undefined) return this.#tryAll(this.#pages({}));
      const chosen = await this.#chosen(position);
      // One alone that is asked for by name is an error, if it cannot be tried at all.
      const outcome = await this.#tryAll([chosen]);
      if (outcome.gone.includes(position))
        throw notFound(this.#runner.subscriber.name, position, 'is no longer in the log; drop it');
      return outcome;
    });
  }

  /** With `hold-task`, what waited only behind the dropped event is then handled. */
  drop(position?: number): Promise<ParkedOutcome> {
    return this.#runner.exclusively(() => (position === undefined ? this.#dropAll() : this.#dropOne(position)));
  }

  async #dropAll(): Promise<ParkedOutcome> {
    const settled: number[] = [];
    for await (const page of this.#pages({})) {
      const positions = page.map(({ position }) => position);
      await this.#save({ unpark: positions });
      settled.push(...positions);
    }
    await this.#release();
    return { settled, failed: [], gone: [] };
  }

  async #dropOne(position: number): Promise<ParkedOutcome> {
    const { taskId } = await this.#one(position);
    await this.#save({ unpark: [position] });
    const behind = taskId === null ? [] : await this.#waitingFor(taskId);
    const { settled, failed, gone } = await this.#tryAll([behind]);
    return { settled: [position, ...settled], failed, gone };
  }

  async #chosen(position: number): Promise<readonly StoredParkedEvent[]> {
    const one = await this.#one(position);
    if (!this.#runner.subscriber.holdsTask || one.taskId === null) return [one];
    const ofTask = await this.#ofTask(one.taskId);
    const [first] = ofTask;
    if (first !== undefined && first.position !== position)
      throw new TaskerError(
        'TASKER_TRANSITION_REFUSED',
        `Event ${position} waits behind event ${first.position} of the same task: retry or drop that one.`,
      );
    return ofTask;
  }

  async #waitingFor(taskId: string): Promise<readonly StoredParkedEvent[]> {
    if (!this.#runner.subscriber.holdsTask) return [];
    const ofTask = await this.#ofTask(taskId);
    return ofTask[0]?.error === null ? ofTask : [];
  }

  async #tryAll(
    pages: AsyncIterable<readonly StoredParkedEvent[]> | Iterable<readonly StoredParkedEvent[]>,
  ): Promise<ParkedOutcome> {
    const positions: Record<Tried, number[]> = { settled: [], failed: [], gone: [] };
    const blocked = new Set<string>();
    for await (const page of pages) {
      for (const parked of page) {
        if (parked.taskId !== null && blocked.has(parked.taskId)) continue;
        const tried = await this.#tryOne(parked);
        positions[tried].push(parked.position);
        if (tried !== 'settled' && this.#runner.subscriber.holdsTask && parked.taskId !== null)
          blocked.add(parked.taskId);
      }
    }
    await this.#release();
    return positions;
  }

  async #tryOne(parked: StoredParkedEvent): Promise<Tried> {
    const runner = this.#runner;
    const { position } = parked;
    const { events } = await runner.parts.log.read({ after: position - 1, limit: 1 });
    const [event] = events;
    if (event?.position !== position) return 'gone';
    const batch = new Batch(
      runner.handling({ replaying: false, deliver: true }),
      runner.parts.random,
      this.#standing(),
    );
    const handled = await batch.handle(event);
    if (handled.kind === 'stopped') throw stopped(runner.subscriber.name);
    if (handled.kind === 'failed') {
      const { full } = describeFailure(handled.error);
      await this.#save({ park: [{ ...parked, attempts: parked.attempts + handled.attempts, error: full }] });
      return 'failed';
    }
    batch.counted(position, handled);
    if (!(await batch.deliver())) throw stopped(runner.subscriber.name);
    await this.#save({ unpark: [position] }, batch);
    return 'settled';
  }

  async #save(
    what: { readonly park?: readonly ParkedEvent[]; readonly unpark?: readonly number[] },
    batch?: Batch,
  ): Promise<void> {
    const standing = this.#standing();
    const { subscriber } = this.#runner;
    const { generation, checkpoint } = standing;
    const state = batch === undefined ? standing.state : batch.state;
    const countsFrom = batch === undefined ? standing.countsFrom : batch.countsFrom;
    const result = await this.#runner.save({
      kind: 'advance',
      subscriber: this.#runner.subscriber.name,
      generation,
      from: checkpoint,
      to: checkpoint,
      countsFrom,
      ...((state !== standing.state || (batch !== undefined && subscriber.codec !== null)) && {
        state: stateText(subscriber, state) ?? 'null',
      }),
      park: what.park ?? [],
      unpark: what.unpark ?? [],
      events: batch?.facts ?? [],
    });
    if (result === null) throw stopped(this.#runner.subscriber.name);
    // A state that is changed in place has counted what was not saved: back to what is.
    if (result.kind !== 'saved') await this.#runner.load();
    if (result.kind === 'failed') throw result.error;
    if (result.kind === 'stale')
      throw notFound(this.#runner.subscriber.name, what.unpark?.[0] ?? 0, 'has just changed');
    standing.state = state;
    standing.countsFrom = countsFrom;
  }

  /** Tasks of which nothing is parked any more go on. */
  async #release(): Promise<void> {
    const { subscriber, parts } = this.#runner;
    if (!subscriber.holdsTask) return;
    const { held } = this.#standing();
    held.clear();
    for (const taskId of await parts.store.parkedTasks(subscriber.name)) held.add(taskId);
  }

  async #one(position: number): Promise<StoredParkedEvent> {
    const { subscriber, parts } = this.#runner;
    const [one] = await parts.store.parked({ subscriber: subscriber.name, position, limit: 1 });
    if (one === undefined) throw notFound(subscriber.name, position, 'is not parked');
    return one;
  }

  /** Nothing more is parked meanwhile, so that this comes to an end. */
  async *#pages(filter: { readonly taskId?: string }): AsyncGenerator<readonly StoredParkedEvent[]> {
    const { subscriber, parts } = this.#runner;
    for (let after: ParkedPlace | undefined; ;) {
      const query = { subscriber: subscriber.name, ...filter, limit: pageSize };
      const page = await parts.store.parked({ ...query, ...(after !== undefined && { after }) });
      if (page.length > 0) yield page;
      if (page.length < pageSize) return;
      after = page.at(-1);
    }
  }

  /** What one task has parked is no more than its events. */
  async #ofTask(taskId: string): Promise<readonly StoredParkedEvent[]> {
    const all: StoredParkedEvent[] = [];
    for await (const page of this.#pages({ taskId })) all.push(...page);
    return all;
  }

  #standing(): Standing {
    const { standing, subscriber } = this.#runner;
    if (standing === null) throw stopped(subscriber.name);
    return standing;
  }
}

function notFound(name: string, position: number, why: string): TaskerError {
  return new TaskerError('TASKER_PARKED_EVENT_NOT_FOUND', `Event ${position} of subscriber '${name}' ${why}.`, {
    details: { subscriber: name, position },
  });
}

function stopped(name: string): TaskerError {
  return new TaskerError('TASKER_ENGINE_NOT_RUNNING', `The engine stopped before subscriber '${name}' was done.`);
}
