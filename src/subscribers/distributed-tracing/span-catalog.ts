import type { RecordedEventName } from '../../events/catalog.ts';

/** A kind of span: a value, so that the reference and a test of its truth are made of it. */
export interface SpanEntry {
  /** `<task>` and `<step>` stand for their names. */
  readonly name: string;
  readonly meaning: string;
  /** What it is made of. */
  readonly events: readonly RecordedEventName[];
  readonly from: string;
  readonly parent: string;
  /** When its status is Error. */
  readonly error: string;
  /** Beside those that all spans have. `.*` stands for names that templates give. */
  readonly attributes: readonly AttributeName[];
}

/** What all spans say. */
export const commonAttributes = [
  'tasker.task.id',
  'tasker.task.namespace',
  'tasker.task.name',
  'tasker.task.version',
  'tasker.correlation_id',
  'tasker.sampling',
] as const satisfies readonly AttributeName[];

const ofAttempt = ['tasker.step.name', 'tasker.step.attempt'] as const;

export const spanCatalog: readonly SpanEntry[] = [
  {
    name: 'task started <task>',
    meaning: 'The root, exported at once: a task that hangs is there while it hangs.',
    events: ['task.initialize_requested'],
    from: 'the creation; without length',
    parent: "the caller's span, if the request came with a `traceparent`",
    error: 'never',
    attributes: ['tasker.task.steps', 'tasker.task.start_at', 'tasker.sla.deadline_at', 'tasker.context.*'],
  },
  {
    name: 'step <step>',
    meaning: 'One attempt. What its handler calls hangs on it. Linked to the attempt before.',
    events: ['step.completed', 'step.failed', 'step.cancelled'],
    from: 'its beginning to its outcome; of one lost with its worker, to its recovery',
    parent: 'the root; in mode `linked` none, and a link to the root',
    error: 'when it failed, also if another follows',
    attributes: [
      ...ofAttempt,
      'tasker.attempt.result',
      'tasker.attempt.duration_ms',
      'tasker.result.*',
      'error.type',
      'tasker.error.class',
      'tasker.error.code',
      'tasker.error.status',
      'tasker.step.final',
      'tasker.step.failures',
      'tasker.step.losses',
      'tasker.retry.limit',
      'tasker.retry.wait_ms',
      'tasker.retry.not_before',
    ],
  },
  {
    name: 'wait <step>',
    meaning: 'The step could have run for a second or longer, and there was no room for it.',
    events: ['step.execution_requested'],
    from: 'when it was ready to when its attempt began',
    parent: 'the root',
    error: 'never',
    attributes: [...ofAttempt, 'tasker.wait.reason'],
  },
  {
    name: 'step stalled <step>',
    meaning: 'A running attempt gives no sign of life.',
    events: ['step.stalled'],
    from: 'when that was found; without length',
    parent: 'the root',
    error: 'always',
    attributes: [...ofAttempt, 'error.type', 'tasker.stall.limit_ms', 'tasker.stall.silent_ms', 'tasker.context.*'],
  },
  {
    name: 'step sla breached <step>',
    meaning: "A step's deadline passed while it was open.",
    events: ['step.sla_breached'],
    from: 'the deadline; without length',
    parent: 'the root',
    error: 'always',
    attributes: [...ofAttempt, 'error.type', 'tasker.sla.limit_ms', 'tasker.context.*'],
  },
  {
    name: 'task sla breached <task>',
    meaning: "The task's deadline passed while it was open.",
    events: ['task.sla_breached'],
    from: 'the deadline; without length',
    parent: 'the root',
    error: 'always',
    attributes: ['error.type', 'tasker.sla.limit_ms', 'tasker.task.open_steps', 'tasker.context.*'],
  },
  {
    name: 'task parked <task>',
    meaning: 'The task is in a state that no rule explains, and was set aside.',
    events: ['workflow.task_state_unclear'],
    from: 'when that was found; without length',
    parent: 'the root',
    error: 'always',
    attributes: ['error.type', 'tasker.context.*'],
  },
  {
    name: 'task <task>',
    meaning: 'The whole task. One that failed and was taken up again has one for each end.',
    events: ['task.completed', 'task.failed', 'task.cancelled', 'task.resolved_manually'],
    from: 'the creation, or the start that was asked for, to the end',
    parent: 'the root',
    error: 'when it failed; not when it succeeded after retries',
    attributes: [
      'tasker.task.result',
      'tasker.task.attempts',
      'tasker.task.failed_steps',
      'error.type',
      'tasker.context.*',
    ],
  },
];

/** What attributes mean. */
export const spanAttributes = {
  'tasker.task.id': 'of the task',
  'tasker.task.namespace': 'of its template',
  'tasker.task.name': 'of its template',
  'tasker.task.version': 'of its template',
  'tasker.correlation_id': 'of the request, or made by the engine',
  'tasker.sampling':
    '`after_the_fact`: the task was not sampled, and is exported since it failed, stalled or was late; what it called meanwhile was told not to record, and is missing',
  'tasker.task.steps': 'names of its steps',
  'tasker.task.start_at': 'when it is to start, if later than it was created',
  'tasker.sla.deadline_at': 'when its SLA runs out',
  'tasker.context.*': 'fields of the context that the template names (`business_context`)',
  'tasker.task.result': '`success`, `failure`, `cancellation` or `resolved_manually`',
  'tasker.task.attempts': 'of all its steps',
  'tasker.task.failed_steps': 'names of the steps that failed for good',
  'tasker.task.open_steps': 'names of the steps that could not end',
  'tasker.step.name': 'of the step',
  'tasker.step.attempt': 'from 1; counts every try, also those lost with a worker',
  'tasker.attempt.result': '`success`, `failure` or `cancellation`',
  'tasker.attempt.duration_ms': 'of the handler, as the engine measured it',
  'tasker.result.*': 'fields of the results that the template names (`results`)',
  'error.type': '`timeout`, `worker_lost`, `stalled`, `sla_breached`, `state_unclear`, or the class of the error',
  'tasker.error.class': 'class of the error',
  'tasker.error.code': 'its code, if it has one',
  'tasker.error.status': 'its status, if it has one',
  'tasker.step.final': 'why no attempt follows: `permanent`, `exhausted`, `outcome_unknown`; `no`: one does',
  'tasker.step.failures': 'attempts that have spent the retry limit',
  'tasker.step.losses': 'attempts lost with a worker',
  'tasker.retry.limit': 'of the step',
  'tasker.retry.wait_ms': 'until the next attempt may begin',
  'tasker.retry.not_before': 'when that is',
  'tasker.wait.reason': '`capacity`',
  'tasker.stall.limit_ms': 'how long it may be silent',
  'tasker.stall.silent_ms': 'how long it has been',
  'tasker.sla.limit_ms': 'the SLA',
} as const;

export type AttributeName = keyof typeof spanAttributes;
