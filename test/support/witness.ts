import assert from 'node:assert/strict';

import type { EventName } from '../../src/events/catalog.ts';
import { catalogEntry } from '../../src/events/catalog.ts';
import { isCustomName } from '../../src/events/custom-events.ts';
import type { Storage } from '../../src/execution/storage.ts';
import type { Listeners, PublishedEvent, LoggedEvent } from '../../src/index.ts';
import { checkLog, readAll } from './check-log.ts';

/** Hears everything that taskers publish and holds it against the catalog and the log. */
export class Witness {
  readonly listeners: Listeners = { '*': (event) => this.#hear(event) };
  readonly #ids = new Set<string>();
  readonly #told = new Set<string>();
  readonly #problems: string[] = [];
  readonly #recorded: LoggedEvent[] = [];
  readonly #names = new Map<string, string>();
  readonly #fired: Set<EventName>;

  /** `fired`: takes the names of all that was heard. One witness for one store: seeded stores repeat each other's ids. */
  constructor(fired: Set<EventName>) {
    this.#fired = fired;
  }

  /** All facts that were heard, as they were recorded. */
  get recorded(): readonly LoggedEvent[] {
    return this.#recorded;
  }

  /** To be called while the store is open; nobody else may have written to it. */
  async check(storage: Storage): Promise<void> {
    this.requireNoProblems();
    await checkLog(storage);
    const heard = this.#recorded.toSorted((one, other) => one.position - other.position);
    assert.deepEqual(heard, await readAll(storage), 'what was heard as recorded is the log, each fact once');
  }

  /** Also of what was told last, when there was no store left to look into. */
  requireNoProblems(): void {
    assert.deepEqual(this.#problems, []);
  }

  #hear(event: PublishedEvent): void {
    // Listeners' exceptions go nowhere near a test: problems are kept until somebody asks.
    try {
      this.#take(event);
    } catch (error) {
      this.#problems.push(`${event.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #take(event: PublishedEvent): void {
    if (isCustomName(event.name)) throw new Error('no scenario here publishes events of its own');
    const entry = catalogEntry(event.name);
    if (entry === undefined) throw new Error('is not in the catalog');
    this.#fired.add(entry.name);
    assert.deepEqual(entry.payload.parse(event.payload), event.payload);
    assert.equal(event.schemaVersion, entry.schemaVersion);
    assert.ok(!this.#ids.has(event.id), 'its id was heard before');
    this.#ids.add(event.id);
    this.#names.set(event.id, event.name);
    assert.ok(Object.isFrozen(event) && Object.isFrozen(event.payload), 'listeners share it, so it is frozen');
    if (event.position !== null) {
      assert.equal(entry.kind, 'recorded');
      this.#recorded.push(event);
      return;
    }
    assert.equal(entry.kind, 'live');
    if (entry.kind !== 'live' || entry.echoes === null) return;
    assert.equal(this.#names.get(event.causationId ?? ''), entry.echoes, 'it names the fact that it echoes');
    const key = `${event.name} ${event.causationId} ${event.step ?? ''}`;
    assert.ok(!this.#told.has(key), 'an echo was told twice');
    this.#told.add(key);
  }
}
