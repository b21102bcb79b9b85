import type { ResolvedConfig } from './config/resolve-config.ts';
import type { LoggedEvent } from './events/envelope.ts';
import type { LogRecord } from './signals/log-record.ts';
import type { Sink } from './sinks/define-sink.ts';
import { logSink } from './sinks/log/log-sink.ts';
import { structuredRecord } from './subscribers/structured-logging/structured-record.ts';
import type { TaskTemplate } from './tasks/template.ts';

export interface StructuredLogging {
  readonly sink: Sink;
  readonly record: (event: LoggedEvent) => LogRecord | null;
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
    record: structuredRecord({ words, filterParameters, filterMask, filteredEvents }),
  };
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
