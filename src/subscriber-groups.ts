import { Worker } from 'node:worker_threads';

import type { CustomEntry } from './events/event-directory.ts';
import type { StoreReference } from './open-storage.ts';
import type { RegisteredSubscribers } from './register-subscribers.ts';
import { LeasedGroup } from './subscribers/leased-group.ts';
import { LocalGroup } from './subscribers/local-group.ts';
import type { ObserverHost } from './subscribers/observer/observer-host.ts';
import type { ObserverThreadData } from './subscribers/observer/observer-protocol.ts';
import { ObserverThread } from './subscribers/observer/observer-thread.ts';
import type { ResolvedSubscriber } from './subscribers/resolve-subscriber.ts';
import type { SubscriberGroup } from './subscribers/subscriber-group.ts';
import type { SubscriberLeases } from './subscribers/subscriber-leases.ts';
import type { RunnerParts } from './subscribers/subscriber-runner.ts';

// The same code runs from source (.ts) and from the package (.js).
const observerThreadUrl = new URL(
  import.meta.url.endsWith('.ts') ? './observer-thread.ts' : './observer-thread.js',
  import.meta.url,
);

export interface GroupParts extends Omit<RunnerParts, 'reader'> {
  readonly host: ObserverHost;
  readonly declared: readonly CustomEntry[];
  /** null: no other thread can see the store. */
  readonly reference: StoreReference | null;
  /** How many processes share out the subscribers; null where this is the only one. */
  readonly sharing: { readonly leases: SubscriberLeases; readonly worker: () => string | null } | null;
}

/** Those that are named by their modules each in a thread of their own, where a thread can read the store. */
export function subscriberGroups(
  { given, modules }: RegisteredSubscribers,
  { host, declared, reference: store, sharing, ...parts }: GroupParts,
): readonly SubscriberGroup[] {
  const shared = (subscribers: readonly ResolvedSubscriber[], make: () => SubscriberGroup): SubscriberGroup =>
    sharing === null ? make() : new LeasedGroup({ ...sharing, subscribers, make, onProblem: parts.onProblem });
  if (store === null) {
    const all = [...given, ...modules.flatMap(({ subscribers }) => subscribers)];
    return [shared(all, () => new LocalGroup(all, parts))];
  }
  return [
    shared(given, () => new LocalGroup(given, parts)),
    ...modules.map(({ reference, subscribers }) => {
      const workerData: ObserverThreadData = { store, module: reference, declared };
      const spawn = (): Worker => new Worker(observerThreadUrl, { name: `tasker ${reference.module}`, workerData });
      const writeOut = (text: string): Promise<void> => host.writeOut(text, neverAborted);
      const { module } = reference;
      return shared(
        subscribers,
        () => new ObserverThread({ ...parts, module, subscribers, spawn, writeOut, warn: host.warn }),
      );
    }),
  ];
}

const neverAborted = new AbortController().signal;
