import type { MetricDefinition } from '../../signals/metric.ts';

const task = ['namespace', 'task'] as const;
const step = [...task, 'step'] as const;

/** Of tasks: milliseconds to an hour. */
const taskSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600] as const;
/** Of attempts and waits: milliseconds to minutes. */
const stepSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120] as const;

/** What is known of every task's running; the names are relied upon by dashboards and rules. */
export const performanceMetrics = [
  {
    name: 'tasker_tasks_started_total',
    help: 'Tasks that were created; each counts once.',
    type: 'counter',
    labelNames: [...task, 'version'],
  },
  {
    name: 'tasker_tasks_total',
    help: 'Ends of tasks: one that fails, is retried and completes counts in both.',
    type: 'counter',
    labelNames: [...task, 'version', 'status'],
  },
  {
    name: 'tasker_tasks_in_progress',
    help: 'Tasks whose work has begun and not ended.',
    type: 'gauge',
    labelNames: task,
  },
  {
    name: 'tasker_task_duration_seconds',
    help: 'From a task\u2019s creation, or its start time, to its end.',
    type: 'histogram',
    labelNames: [...task, 'version', 'status'],
    buckets: taskSeconds,
  },
  {
    name: 'tasker_queue_wait_seconds',
    help: 'From when a task could begin to when its work began.',
    type: 'histogram',
    labelNames: task,
    buckets: stepSeconds,
  },
  {
    name: 'tasker_step_duration_seconds',
    help: 'How long one attempt at a step took.',
    type: 'histogram',
    labelNames: [...step, 'outcome'],
    buckets: stepSeconds,
  },
  {
    name: 'tasker_step_attempts_total',
    help: 'Attempts that have ended, by outcome; of failed ones by the type of error.',
    type: 'counter',
    labelNames: [...step, 'outcome', 'error_type'],
  },
  {
    name: 'tasker_step_errors_total',
    help: 'Failed attempts by class: timeout, connection, resource, validation, permanent, worker_lost, application.',
    type: 'counter',
    labelNames: [...step, 'class'],
  },
  {
    name: 'tasker_step_retries_total',
    help: 'Attempts that are to be followed by another.',
    type: 'counter',
    labelNames: step,
  },
  {
    name: 'tasker_step_stalls_total',
    help: 'Attempts that gave no sign of life for longer than their stall limit.',
    type: 'counter',
    labelNames: step,
  },
  {
    name: 'tasker_sla_total',
    help: 'Tasks with an SLA: met when they complete without a breach, not met at the breach; each counts once.',
    type: 'counter',
    labelNames: [...task, 'met'],
  },
  {
    name: 'tasker_sla_breached_tasks',
    help: 'Open tasks whose SLA is breached.',
    type: 'gauge',
    labelNames: task,
  },
  {
    name: 'tasker_step_sla_breaches_total',
    help: 'Steps whose own SLA was breached.',
    type: 'counter',
    labelNames: step,
  },
  {
    name: 'tasker_workers_lost_total',
    help: 'Workers that ended without saying so.',
    type: 'counter',
    labelNames: [],
  },
  {
    name: 'tasker_events_recorded_total',
    help: 'Events recorded, by name.',
    type: 'counter',
    labelNames: ['event'],
  },
] as const satisfies readonly MetricDefinition[];

/** Of a sliding window: set when they are looked at. */
export const windowMetrics = [
  {
    name: 'tasker_task_error_ratio',
    help: 'Tasks that failed among those that ended, within the declared window.',
    type: 'gauge',
    labelNames: task,
  },
  {
    name: 'tasker_task_duration_average_seconds',
    help: 'Average duration of tasks that ended within the declared window.',
    type: 'gauge',
    labelNames: task,
  },
  {
    name: 'tasker_step_duration_average_seconds',
    help: 'Average duration of attempts that ended within the declared window.',
    type: 'gauge',
    labelNames: step,
  },
] as const satisfies readonly MetricDefinition[];
