import { TaskerError } from '../shared/errors.ts';
import { Batch } from './batch.ts';
import { stateText } from './json-state.ts';
import { describeFailure } from './describe-failure.ts';
import type { SubscriberRunner, Standing } from './subscriber-runner.ts';
import type { ParkedEvent, StoredParkedEvent } from './subscriber-store.ts';

export interface ParkedOutcome {
  /** Positions that are no longer parked. */
  readonly settled: readonly number[];
  /** Positions that failed again. */
  readonly failed: readonly number[];
}

const most = 10_000;

/** What an operator does with the events that a subscriber has set aside: one, or all. */
export class ParkedEvents {
  readonly #runner: SubscriberRunner;

  constructor(runner: SubscriberRunner) {
    this.#runner = runner;
  }

  /** In order; with `hold-task` also what waits behind the event, until something fails again. */
  retry(position?: number): Promise<ParkedOutcome> {
    return this.#runner.exclusively(async () => this.#tryAll(await this.#chosen(position)));
  }

  /** With `hold-task`, what waited only behind the dropped event is then handled. */
  drop(position?: number): Promise<ParkedOutcome> {
    return this.#runner.exclusively(async () => {
      const chosen = position === undefined ? await this.#parked({}) : [await this.#one(position)];
      const positions = chosen.map((one) => one.position);
      await this.#save({ unpark: positions });
      const taskId = chosen[0]?.taskId ?? null;
      const behind = position === undefined || taskId === null ? [] : await this.#waitingFor(taskId);
      const { settled, failed } = await this.#tryAll(behind);
      await this.#release();
      return { settled: [...positions, ...settled], failed };
    });
  }

  async #chosen(position: number | undefined): Promise<readonly StoredParkedEvent[]> {
    if (position === undefined) return this.#parked({});
    const one = await this.#one(position);
    if (!this.#runner.subscriber.holdsTask || one.taskId === null) return [one];
    const ofTask = await this.#parked({ taskId: one.taskId });
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
    const ofTask = await this.#parked({ taskId });
    return ofTask[0]?.error === null ? ofTask : [];
  }

  async #tryAll(chosen: readonly StoredParkedEvent[]): Promise<ParkedOutcome> {
    const settled: number[] = [];
    const failed: number[] = [];
    const blocked = new Set<string>();
    for (const parked of chosen) {
      if (parked.taskId !== null && blocked.has(parked.taskId)) continue;
      if (await this.#tryOne(parked)) settled.push(parked.position);
      else {
        failed.push(parked.position);
        if (this.#runner.subscriber.holdsTask && parked.taskId !== null) blocked.add(parked.taskId);
      }
    }
    await this.#release();
    return { settled, failed };
  }

  async #tryOne(parked: StoredParkedEvent): Promise<boolean> {
    const runner = this.#runner;
    const { position } = parked;
    const { events } = await runner.parts.log.read({ after: position - 1, limit: 1 });
    const [event] = events;
    if (event?.position !== position)
      throw notFound(runner.subscriber.name, position, 'is no longer in the log; drop it');
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
      return false;
    }
    batch.counted(position, handled);
    if (!(await batch.deliver())) throw stopped(runner.subscriber.name);
    await this.#save({ unpark: [position] }, batch);
    return true;
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
      events: [],
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

  #parked(query: { readonly taskId?: string }): Promise<readonly StoredParkedEvent[]> {
    const { subscriber, parts } = this.#runner;
    return parts.store.parked({ subscriber: subscriber.name, ...query, limit: most });
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
