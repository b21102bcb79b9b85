import type { ResolvedConfig } from './config/resolve-config.ts';
import { monitoredTasks } from './monitored-tasks.ts';
import type { Sink } from './sinks/define-sink.ts';
import { logSink } from './sinks/log/log-sink.ts';
import type { StructuredLoggingOptions } from './subscribers/structured-logging/structured-record.ts';
import type { TaskTemplate } from './tasks/template.ts';

export interface StructuredLogging {
  readonly sink: Sink;
  readonly rules: StructuredLoggingOptions;
}

/** What the configuration asks to be logged, and where to; null when it asks for nothing. */
export function structuredLogging(
  { telemetry: { logging } }: ResolvedConfig,
  templates: readonly TaskTemplate[],
): StructuredLogging | null {
  if (!logging.enabled) return null;
  const { level, format, destination, service, filterParameters, filterMask, filteredEvents } = logging;
  const words = { ...systemWords(templates), ...logging.words };
  return {
    sink: logSink({ name: 'structured-logging', level, format, destination, service }),
    rules: { words, bottlenecksMs: bottlenecksMs(templates), filterParameters, filterMask, filteredEvents },
  };
}

function bottlenecksMs(templates: readonly TaskTemplate[]): Readonly<Record<string, number>> {
  const limits = monitoredTasks(templates).flatMap(({ namespace, task, steps }) =>
    steps.flatMap((step) =>
      step.bottleneckMs === null ? [] : [[`${namespace}.${task}.${step.name}`, step.bottleneckMs] as const],
    ),
  );
  return Object.fromEntries(limits);
}

/** A step is called by the system that it depends on: that is what is down when it fails. */
function systemWords(templates: readonly TaskTemplate[]): Readonly<Record<string, string>> {
  const words = templates.flatMap(({ namespace, name, steps }) =>
    steps
      .filter(({ dependentSystem }) => dependentSystem !== 'unknown')
      .map((step) => [`${namespace}.${name}.${step.name}`, step.dependentSystem] as const),
  );
  return Object.fromEntries(words);
}
