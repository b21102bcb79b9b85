import { fileURLToPath } from 'node:url';

import type { Clock } from './shared/clock.ts';
import type { JsonObject } from './shared/json.ts';
import type { Sink } from './sinks/define-sink.ts';
import type { SubscriberDefinition } from './subscribers/define-subscriber.ts';
import { distributedTracing } from './subscribers/distributed-tracing/distributed-tracing.ts';
import { tellDrops } from './subscribers/distributed-tracing/tell-drops.ts';
import { eventExport, type EventExportOptions } from './subscribers/event-export/event-export.ts';
import type { ModuleReference } from './subscribers/observer/observer-protocol.ts';
import type { TracesInThreadOptions } from './traces-in-thread.ts';

export interface SinkSubscribers {
  /** To be run on the engine's thread. */
  readonly given: readonly SubscriberDefinition[];
  /** Each in a thread of its own. */
  readonly modules: readonly ModuleReference[];
}

// The same code runs from source (.ts) and from the package (.js).
const tracesModule = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './traces-in-thread.ts' : './traces-in-thread.js', import.meta.url),
);

/** What brings signals to sinks: for each sink and each kind of signal that it takes a subscriber of its own. */
export function sinkSubscribers(
  sinks: readonly Sink[],
  around: {
    readonly clock: Clock;
    readonly warn: (message: string) => void;
    /** How a sink's log records are made of events, if not as ever. */
    readonly recordOf: (sink: string) => EventExportOptions['record'] | null;
    /** Null: nothing is traced. */
    readonly tracing: { readonly giveUpAfterMs: number } | null;
    /** Whether there are threads: not in memory, and not with a made-up clock. */
    readonly threads: boolean;
  },
): SinkSubscribers {
  const { clock, warn, recordOf, tracing, threads } = around;
  const given: SubscriberDefinition[] = [];
  const modules: ModuleReference[] = [];
  for (const { name: sink, logs, traces, module } of sinks) {
    const record = recordOf(sink) ?? null;
    if (logs !== undefined) given.push(eventExport({ sink, deliver: logs, clock, ...(record !== null && { record }) }));
    if (traces === undefined || tracing === null) continue;
    const { giveUpAfterMs } = tracing;
    if (threads && module !== undefined) {
      const options: TracesInThreadOptions = { sink: module, giveUpAfterMs };
      const name = `tasker traces to ${sink}`;
      modules.push({ module: name, resolved: tracesModule, options: options as unknown as JsonObject });
    } else {
      given.push(distributedTracing({ sink, deliver: traces, clock, giveUpAfterMs, onDropped: tellDrops(sink, warn) }));
    }
  }
  return { given, modules };
}
