import { defaultExport, importModule } from './config/import-module.ts';
import { systemClock } from './shared/clock.ts';
import type { TraceSink } from './sinks/define-sink.ts';
import type { SubscriberDefinition } from './subscribers/define-subscriber.ts';
import { distributedTracing } from './subscribers/distributed-tracing/distributed-tracing.ts';
import { tellDrops } from './subscribers/distributed-tracing/tell-drops.ts';

export interface TracesInThreadOptions {
  readonly sink: NonNullable<TraceSink['module']>;
  readonly giveUpAfterMs: number;
}

/** The module that a thread loads to trace into a sink of its own making. */
export default async function tracesInThread({
  sink,
  giveUpAfterMs,
}: TracesInThreadOptions): Promise<SubscriberDefinition> {
  const make = defaultExport(await importModule(sink.file, 'TASKER_SINK_INVALID')) as (options: object) => TraceSink;
  const { name, traces } = make(sink.options);
  const onDropped = tellDrops(name, (message) => process.emitWarning(message, 'TaskerWarning'));
  return distributedTracing({ sink: name, deliver: traces, clock: systemClock, giveUpAfterMs, onDropped });
}
