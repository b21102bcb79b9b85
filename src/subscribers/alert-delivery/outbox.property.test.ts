import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { AlertNotice } from '../../signals/alert.ts';
import { delivered, type Delivery } from '../../signals/delivery.ts';
import { incidentOf } from '../../../test/support/incident.ts';
import { scale } from '../../../test/support/scale.ts';
import { Outbox, type OutboxOptions, type OutboxState, type Sent } from './outbox.ts';

type Fact =
  | { readonly kind: 'fires'; readonly key: string; readonly version: number; readonly silenced: boolean }
  | { readonly kind: 'acknowledged' | 'ended'; readonly key: string };

type Action =
  | { readonly do: 'happen'; readonly incident: number; readonly what: 'on' | 'silence' | 'ack' | 'end' }
  | { readonly do: 'tick' }
  /** The receiver is done with what is on its way. `lost`: it has it, and its answer does not come. */
  | { readonly do: 'answer'; readonly how: 'delivered' | 'lost' | 'refused' }
  /** As above, and nobody is there to hear the answer. */
  | { readonly do: 'crash'; readonly arrives: boolean };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('happen' as const),
      incident: fc.integer({ min: 0, max: 3 }),
      what: fc.constantFrom('on', 'on', 'silence', 'ack', 'end'),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'tick' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      how: fc.constantFrom('delivered', 'delivered', 'lost', 'refused'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), arrives: fc.boolean() }) },
);

/** Incidents that come and go, an outbox that is killed now and then, and a receiver that is down now and then. */
class World {
  readonly log: Fact[] = [];
  readonly #options: OutboxOptions;
  #outbox: Outbox;
  #read = 0;
  #saved: { readonly state: OutboxState; readonly read: number };
  #onItsWay: Sent | null = null;
  #answer: { readonly id: number; readonly outcome: Delivery } | null = null;
  #heard: string | null = null;
  /** What is on its way, or was and is not saved. */
  #unsettled: string | null = null;
  #nowMs = 1000;
  /** Incidents that there were, by number. */
  readonly #lives = new Map<number, number>();
  readonly #versions = new Map<string, number>();
  readonly ended = new Set<string>();
  readonly silenced = new Map<string, boolean>();
  /** What the receiver has open, in the version it was told. */
  readonly open = new Map<string, string>();
  readonly paged = new Set<string>();
  /** And the answer was heard here, before it ended. */
  readonly heardOf = new Set<string>();
  readonly summedUp = new Set<string>();
  /** What may have arrived, for all that is known here. */
  readonly #maybeThere = new Set<string>();

  constructor(repeatMs: number | null) {
    this.#options = { mine: ({ namespace }) => namespace !== 'other', repeatMs };
    this.#outbox = Outbox.create(0, this.#options);
    this.#saved = this.#asStored();
  }

  get isQuiet(): boolean {
    return this.#onItsWay === null;
  }

  do(action: Action): void {
    if (action.do === 'happen') this.#happen(action.incident, action.what);
    else if (action.do === 'tick') this.tick();
    else if (action.do === 'answer') this.answer(action.how);
    else {
      // An answer that was not saved is none.
      if (this.#unsettled !== null) this.#maybeThere.add(this.#unsettled);
      this.#unsettled = null;
      if (action.arrives) this.#arrive();
      this.#onItsWay = null;
      this.#answer = null;
      this.#heard = null;
      this.#outbox = Outbox.restore(JSON.parse(JSON.stringify(this.#saved.state)) as OutboxState, this.#options);
      this.#read = this.#saved.read;
    }
  }

  /** As the runner has it: everything is read; what became of the last is taken; the next is saved, then begun. */
  tick(): void {
    this.#nowMs += 1000;
    for (; this.#read < this.log.length; this.#read += 1) this.#take(this.log[this.#read]);
    if (this.#answer !== null) this.#outbox.settled({ ...this.#answer, atMs: this.#nowMs });
    if (this.#answer !== null) this.#unsettled = null;
    if (this.#heard !== null) this.heardOf.add(this.#heard);
    this.#heard = null;
    this.#answer = null;
    this.#outbox.tidy(this.#nowMs);
    const next = this.#onItsWay === null ? this.#outbox.send(this.#nowMs) : null;
    this.#saved = this.#asStored();
    if (next === null) return;
    this.#onItsWay = next;
    const { notice } = next;
    this.#unsettled = notice.kind === 'summary' ? null : notice.incident.key;
    if (notice.kind === 'resolve')
      assert.ok(this.#maybeThere.has(notice.incident.key), 'it surely knows nothing of it');
    if (notice.kind === 'trigger') assert.ok(!this.ended.has(notice.incident.key), 'what has ended pages nobody');
    if (notice.kind === 'trigger') assert.equal(this.silenced.get(notice.incident.key), false);
  }

  answer(how: 'delivered' | 'lost' | 'refused'): void {
    if (this.#onItsWay === null) return;
    const { id } = this.#onItsWay;
    const { notice } = this.#onItsWay;
    if (how === 'delivered' && notice.kind === 'trigger') this.#heard = notice.incident.key;
    if (how !== 'refused') {
      if (this.#unsettled !== null) this.#maybeThere.add(this.#unsettled);
      this.#arrive();
    }
    const outcome: Delivery =
      how === 'delivered'
        ? delivered
        : { kind: 'retryable', reason: how, ...(how === 'refused' && { taken: false as const }) };
    this.#answer = { id, outcome };
    this.#onItsWay = null;
  }

  #happen(number: number, what: 'on' | 'silence' | 'ack' | 'end'): void {
    const life = this.#lives.get(number) ?? 0;
    const key = `${number}.${life}`;
    const isOpen = this.silenced.has(key);
    if (what === 'end') {
      if (!isOpen) return;
      this.log.push({ kind: 'ended', key });
      this.ended.add(key);
      this.#lives.set(number, life + 1);
    } else if (what === 'ack') {
      if (isOpen) this.log.push({ kind: 'acknowledged', key });
    } else {
      const version = (this.#versions.get(key) ?? 0) + 1;
      this.#versions.set(key, version);
      const silenced = what === 'silence' ? !(this.silenced.get(key) ?? false) : (this.silenced.get(key) ?? false);
      this.silenced.set(key, silenced);
      this.log.push({ kind: 'fires', key, version, silenced });
    }
  }

  #take(fact: Fact | undefined): void {
    if (fact === undefined) return;
    if (fact.kind === 'ended') this.#outbox.ended(incidentOf(fact.key, `v${this.version(fact.key)}`), this.#nowMs);
    else if ('version' in fact)
      this.#outbox.fires(incidentOf(fact.key, `v${fact.version}`), {
        silenced: fact.silenced,
        isNew: fact.version === 1,
      });
    else this.#outbox.acknowledged(fact.key);
  }

  version(key: string): number {
    return this.#versions.get(key) ?? 0;
  }

  #arrive(): void {
    const notice: AlertNotice | undefined = this.#onItsWay?.notice;
    if (notice === undefined) return;
    if (notice.kind === 'summary') for (const { key } of notice.missed) this.summedUp.add(key);
    else if (notice.kind === 'resolve') this.open.delete(notice.incident.key);
    else {
      const { key, summary } = notice.incident;
      if (notice.kind === 'trigger') this.paged.add(key);
      else assert.ok(this.paged.has(key), `${notice.kind} of what was never triggered`);
      if (notice.kind !== 'acknowledge') this.open.set(key, summary);
    }
  }

  #asStored() {
    return { state: JSON.parse(JSON.stringify(this.#outbox.encode())) as OutboxState, read: this.#read };
  }
}

for (const repeatMs of [null, 4000])
  test(`whatever happens, crashes and fails, the receiver ends up knowing what is so${repeatMs === null ? '' : ', also where it is told again and again'}`, () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80, size: 'max' }), (actions) => {
        const world = new World(repeatMs);
        for (const one of actions) world.do(one);
        // Now the sink is up, and stays so.
        for (let n = 0; n < 80; n += 1) {
          world.tick();
          world.answer('delivered');
        }
        for (const key of world.ended) {
          assert.ok(!world.open.has(key), `${key} has ended and is still open there`);
          assert.ok(!world.heardOf.has(key) || !world.summedUp.has(key), `${key} was told in time, and is summed up`);
          if (world.paged.has(key) || world.silenced.get(key) === true) continue;
          assert.ok(world.summedUp.has(key), `${key} came and went, and nobody was told at all`);
        }
        for (const [key, silenced] of world.silenced) {
          if (world.ended.has(key) || silenced) continue;
          assert.equal(world.open.get(key), `v${world.version(key)}`, `${key} is not known there as it is`);
        }
      }),
      { numRuns: 200 * scale },
    );
  });
