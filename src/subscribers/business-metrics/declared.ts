import type { RecordedEvent } from '../../events/envelope.ts';
import type { MetricTable } from '../metrics/metric-table.ts';
import type { DeclaredMetric } from '../metrics/monitored-tasks.ts';
import { asLabel } from './as-label.ts';

/** What an attempt tells beside its task's context. */
interface Outcome {
  readonly durationMs?: number | null;
  readonly results?: Readonly<Record<string, unknown>>;
}

/** Counts what templates declare. */
export class Declared {
  readonly #table: MetricTable;

  constructor(table: MetricTable) {
    this.#table = table;
  }

  /** `outcome`: of the attempt; null for what the task itself declares, which has its own in the event. */
  count(
    metrics: readonly DeclaredMetric[],
    on: DeclaredMetric['on'],
    event: RecordedEvent,
    outcome: Outcome | null,
  ): void {
    for (const metric of metrics) {
      if (metric.on !== on) continue;
      const told = outcome ?? (event.payload as Outcome);
      const amount = metric.value === null ? 1 : amountOf(metric.value, event, told);
      // What is not there cannot be counted; what would make a counter fall is no amount.
      if (amount === null || (metric.type === 'counter' && amount < 0)) continue;
      const names = Object.keys(metric.labels).toSorted();
      const values = names.map((name) => asLabel(read(metric.labels[name] ?? '', event, told)));
      const labels = [event.namespace ?? '', event.taskName ?? '', ...values];
      if (metric.type === 'histogram') this.#table.observe(metric.name, labels, amount, event);
      else this.#table.add(metric.name, labels, amount);
    }
  }
}

function amountOf(source: string, event: RecordedEvent, outcome: Outcome): number | null {
  if (source === 'duration') return typeof outcome.durationMs === 'number' ? outcome.durationMs / 1000 : null;
  const value = read(source, event, outcome);
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof amount === 'number' && Number.isFinite(amount) ? amount : null;
}

/** `context.…` and `results.…` are looked up, as the allow-lists have let them through; anything else stands for itself. */
function read(source: string, { business = {} }: RecordedEvent, { results = {} }: Outcome): unknown {
  if (source.startsWith('context.')) return at(business, source.slice('context.'.length));
  return source.startsWith('results.') ? at(results, source.slice('results.'.length)) : source;
}

function at(fields: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(fields, path)) return fields[path];
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      fields,
    );
}
