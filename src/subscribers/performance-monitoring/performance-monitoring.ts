import type { EachRecorded, LoggedEvent, RecordedEvent } from '../../events/envelope.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { MetricFamily } from '../../signals/metric.ts';
import { MetricTable } from '../metrics/metric-table.ts';
import { type MonitoredTask, MonitoredTasks } from '../metrics/monitored-tasks.ts';
import { type MetricProjection, projectionSubscriber } from '../metrics/projection.ts';
import type { SubscriberDefinition } from '../define-subscriber.ts';
import { errorClass, type ErrorClassRules } from './error-class.ts';
import { performanceMetrics } from './performance-metrics.ts';
import { RollingFigures } from './rolling-figures.ts';

export interface PerformanceOptions {
  readonly tasks: readonly MonitoredTask[];
  /** Of the error ratio and the averages, milliseconds. */
  readonly windowMs: number;
  readonly seriesLimit: number;
  readonly errorClasses: ErrorClassRules;
}

export const performanceMonitoringName = 'tasker.performance-monitoring';

/** Durations, waits, attempts, errors and SLAs of every task, from recorded events alone. */
export function performanceMonitoring(options: PerformanceOptions): SubscriberDefinition {
  return projectionSubscriber(performanceMonitoringName, () => new PerformanceProjection(options));
}

type End = 'completed' | 'failed' | 'cancelled' | 'resolved_manually';

export class PerformanceProjection implements MetricProjection {
  readonly #tasks: MonitoredTasks;
  readonly #errorClasses: ErrorClassRules;
  readonly #table: MetricTable;
  readonly #rolling: RollingFigures;
  /** Tasks whose SLA was breached and that are not settled yet; those in error may still complete. */
  readonly #breached = new Set<string>();

  constructor({ tasks, windowMs, seriesLimit, errorClasses }: PerformanceOptions) {
    this.#tasks = new MonitoredTasks(tasks);
    this.#errorClasses = errorClasses;
    this.#table = new MetricTable(performanceMetrics, seriesLimit);
    this.#rolling = new RollingFigures(windowMs);
  }

  take(logged: LoggedEvent): void {
    this.#table.add('tasker_events_recorded_total', [logged.name]);
    if (isCustom(logged)) return undefined;
    const event = logged as EachRecorded;
    const task = taskOf(event);
    switch (event.name) {
      case 'task.initialize_requested':
        return this.#table.add('tasker_tasks_started_total', [...task, event.version ?? '']);
      case 'task.start_requested':
        this.#table.add('tasker_tasks_in_progress', task);
        return this.#table.observe('tasker_queue_wait_seconds', task, event.payload.waitedMs / 1000, event);
      case 'task.completed':
        this.#table.add('tasker_tasks_in_progress', task, -1);
        this.#settleSla(event, 'completed');
        return this.#ended(event, 'completed', event.payload.durationMs);
      case 'task.failed':
        this.#table.add('tasker_tasks_in_progress', task, -1);
        if (this.#isBreached(event)) this.#table.add('tasker_sla_breached_tasks', task, -1);
        return this.#ended(event, 'failed', event.payload.durationMs);
      case 'task.retry_requested':
        if (this.#isBreached(event)) this.#table.add('tasker_sla_breached_tasks', task);
        return undefined;
      case 'task.cancelled':
        if (event.payload.from === 'in_progress') this.#table.add('tasker_tasks_in_progress', task, -1);
        this.#settleSla(event, event.payload.from === 'error' ? 'was in error' : 'cancelled');
        return this.#ended(event, 'cancelled', event.payload.durationMs);
      case 'task.resolved_manually':
        this.#settleSla(event, 'was in error');
        return this.#ended(event, 'resolved_manually', event.payload.durationMs);
      case 'task.sla_breached':
        this.#breached.add(event.taskId ?? '');
        this.#table.add('tasker_sla_total', [...task, 'false']);
        return this.#table.add('tasker_sla_breached_tasks', task);
      case 'step.completed':
        return this.#attemptEnded(event, event.payload.durationMs, null);
      case 'step.failed':
        this.#table.add('tasker_step_errors_total', [...stepOf(event), errorClass(event.payload, this.#errorClasses)]);
        return this.#attemptEnded(event, event.payload.durationMs, event.payload.error.type);
      case 'step.retry_requested':
        return this.#table.add('tasker_step_retries_total', stepOf(event));
      case 'step.stalled':
        return this.#table.add('tasker_step_stalls_total', stepOf(event));
      case 'step.sla_breached':
        return this.#table.add('tasker_step_sla_breaches_total', stepOf(event));
      case 'worker.lost':
        return this.#table.add('tasker_workers_lost_total', []);
      default:
        return undefined;
    }
  }

  families(nowMs: number): readonly MetricFamily[] {
    return [...this.#table.families(), ...this.#rolling.families(nowMs)];
  }

  encode(): JsonValue {
    return { table: this.#table.encode(), rolling: this.#rolling.encode(), breached: [...this.#breached] };
  }

  restore(stored: JsonValue): void {
    const { table, rolling, breached } = stored as { table: JsonValue; rolling: JsonValue; breached: string[] };
    this.#table.restore(table);
    this.#rolling.restore(rolling);
    for (const taskId of breached) this.#breached.add(taskId);
  }

  #ended(event: RecordedEvent, status: End, durationMs: number): void {
    const labels = [...taskOf(event), event.version ?? '', status];
    this.#table.add('tasker_tasks_total', labels);
    this.#table.observe('tasker_task_duration_seconds', labels, durationMs / 1000, event);
    if (status === 'completed' || status === 'failed')
      this.#rolling.taskEnded(taskOf(event), event.occurredAt, durationMs, status === 'failed');
  }

  #attemptEnded(event: RecordedEvent, durationMs: number | null, errorType: string | null): void {
    const labels = stepOf(event);
    const outcome = errorType === null ? 'completed' : 'failed';
    this.#table.add('tasker_step_attempts_total', [...labels, outcome, errorType ?? '']);
    // Nobody measured how long a lost worker was at it.
    if (durationMs === null) return;
    this.#table.observe('tasker_step_duration_seconds', [...labels, outcome], durationMs / 1000, event);
    this.#rolling.attemptEnded(labels, event.occurredAt, durationMs, errorType !== null);
  }

  #isBreached({ taskId }: RecordedEvent): boolean {
    return this.#breached.has(taskId ?? '');
  }

  /** Met is counted at the end, not met was counted at the breach. One in error was not counted as open any more. */
  #settleSla(event: RecordedEvent, how: 'completed' | 'cancelled' | 'was in error'): void {
    if (this.#breached.delete(event.taskId ?? '')) {
      if (how !== 'was in error') this.#table.add('tasker_sla_breached_tasks', taskOf(event), -1);
      return;
    }
    if (how === 'completed' && this.#tasks.of(event)?.hasSla === true)
      this.#table.add('tasker_sla_total', [...taskOf(event), 'true']);
  }
}

function taskOf({ namespace = '', taskName = '' }: RecordedEvent): readonly string[] {
  return [namespace, taskName];
}

function stepOf(event: RecordedEvent): readonly string[] {
  return [...taskOf(event), event.step ?? ''];
}

function isCustom(event: LoggedEvent): event is Exclude<LoggedEvent, RecordedEvent> {
  return event.name.startsWith('custom.');
}
