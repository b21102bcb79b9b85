import type { JsonValue } from '../../shared/json.ts';
import type { MetricFamily } from '../../signals/metric.ts';
import { MetricTable } from '../metrics/metric-table.ts';
import { SlidingStats } from '../metrics/sliding-stats.ts';
import { windowMetrics } from './performance-metrics.ts';

/** Error ratio and averages of what ended within the declared window. */
export class RollingFigures {
  readonly #windowMs: number;
  readonly #tasks = new Map<string, SlidingStats>();
  readonly #steps = new Map<string, SlidingStats>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  taskEnded(labels: readonly string[], atMs: number, durationMs: number, failed: boolean): void {
    this.#of(this.#tasks, labels).add(atMs, durationMs / 1000, failed);
  }

  attemptEnded(labels: readonly string[], atMs: number, durationMs: number, failed: boolean): void {
    this.#of(this.#steps, labels).add(atMs, durationMs / 1000, failed);
  }

  families(nowMs: number): readonly MetricFamily[] {
    const table = new MetricTable(windowMetrics, Number.POSITIVE_INFINITY);
    for (const [key, stats] of this.#tasks) {
      const { count, failed, sum } = stats.at(nowMs);
      if (count === 0) continue;
      table.set('tasker_task_error_ratio', JSON.parse(key) as string[], failed / count);
      table.set('tasker_task_duration_average_seconds', JSON.parse(key) as string[], sum / count);
    }
    for (const [key, stats] of this.#steps) {
      const { count, sum } = stats.at(nowMs);
      if (count > 0) table.set('tasker_step_duration_average_seconds', JSON.parse(key) as string[], sum / count);
    }
    return table.families().filter(({ name }) => windowMetrics.some((one) => one.name === name));
  }

  encode(): JsonValue {
    const encoded = (all: ReadonlyMap<string, SlidingStats>): JsonValue =>
      Object.fromEntries([...all].map(([key, one]) => [key, one.encode()]));
    return { tasks: encoded(this.#tasks), steps: encoded(this.#steps) };
  }

  restore(stored: JsonValue): void {
    const { tasks, steps } = stored as Record<'tasks' | 'steps', Record<string, JsonValue>>;
    for (const [key, one] of Object.entries(tasks)) this.#of(this.#tasks, JSON.parse(key) as string[]).restore(one);
    for (const [key, one] of Object.entries(steps)) this.#of(this.#steps, JSON.parse(key) as string[]).restore(one);
  }

  #of(all: Map<string, SlidingStats>, labels: readonly string[]): SlidingStats {
    const key = JSON.stringify(labels);
    let stats = all.get(key);
    if (stats === undefined) {
      stats = new SlidingStats(this.#windowMs);
      all.set(key, stats);
    }
    return stats;
  }
}
