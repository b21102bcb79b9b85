import { parentPort, workerData } from 'node:worker_threads';

import { EventDirectory } from './events/event-directory.ts';
import { loadSubscriberModule } from './load-subscriber-modules.ts';
import { systemRandom } from './shared/ids.ts';
import { openLogSide, type StoreReference } from './open-storage.ts';
import { LocalGroup } from './subscribers/local-group.ts';
import type { ObserverHost } from './subscribers/observer/observer-host.ts';
import type { ObserverThreadData } from './subscribers/observer/observer-protocol.ts';
import { UnderWay } from './subscribers/observer/under-way.ts';
import type { Peril } from './subscribers/peril.ts';
import { serveGroup } from './subscribers/observer/serve-group.ts';
import { resolveSubscribers } from './subscribers/resolve-subscriber.ts';

/** A parse costs more than most handlers, and some sinks are slower than others. */
const kept = { events: 20_000, characters: 16 * 1024 * 1024 };

/** The composition root of a thread that runs the subscribers of one module. Started by `create-tasker.ts`. */
const { store: reference, module, declared } = workerData as ObserverThreadData<StoreReference>;
const port = parentPort;
if (port === null) throw new Error('observer-thread.ts is to be started as a worker thread');

serveGroup(port, async ({ writer, removedUpTo, writeOut, warn, onProblem }, beginning) => {
  const directory = new EventDirectory();
  directory.declare(declared);
  const closing: (() => Promise<void>)[] = [];
  const side = await openLogSide(reference);
  const host: ObserverHost = {
    writer,
    clock: side.clock,
    random: systemRandom,
    writeOut,
    warn,
    onProblem,
    atClose: (close) => void closing.push(close),
  };
  const resolved = resolveSubscribers(await loadSubscriberModule(module, host), directory);
  const subscribers = resolved.filter(({ name }) => !beginning.released.includes(name));
  const { log, subscribers: store, clock } = side;
  const underWay = new UnderWay(beginning.names, beginning.underWay);
  const peril = (name: string): Peril => ({ fatal: beginning.fatal[name] ?? null, handling: underWay.teller(name) });
  const parts = { store, log, writer, removedUpTo, clock, random: systemRandom, onProblem, peril };
  const close = async (): Promise<void> => {
    for (const one of closing) await one();
    await side.close();
  };
  return { group: new LocalGroup(subscribers, parts, kept), close };
});
