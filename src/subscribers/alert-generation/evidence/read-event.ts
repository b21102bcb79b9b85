import type { EachRecorded, LoggedEvent, RecordedEvent } from '../../../events/envelope.ts';
import type { PublicErrorFields } from '../../../events/payload-parts.ts';
import type { MonitoredTask, MonitoredTasks } from '../../metrics/monitored-tasks.ts';
import { errorClass, type ErrorClassRules } from '../../performance-monitoring/error-class.ts';
import { type ClassifiedError, slow } from './attempt-ring.ts';
import type { Place } from '../conditions/finding.ts';
import type { PolicyKindName } from '../policies/policies.ts';
import { countedAs, parameter, type Policy, type PolicySet } from '../policies/resolve-policies.ts';
import { rulesOf } from './step-rules.ts';
import type { Seen } from './step-watch.ts';
import type { Troubled } from './trouble.ts';
import type { TaskWatch, Watches } from './watches.ts';
import { type Worth, worthOf } from './worth.ts';

/** Told of what an event means, once it is counted. */
export interface Reading {
  /** An attempt of a step was judged. */
  seen(task: TaskWatch, step: string, seen: Seen): void;
  /** An open task is in trouble, at a step or (empty) as a whole. */
  troubled(taskId: string, troubled: Troubled, step: string): void;
  /** A task is open no longer. `well`: it completed, or somebody settled it. */
  ended(taskId: string, troubled: Troubled | undefined, fate: 'well' | 'lost', worth: Worth | null): void;
  /** Something may hold now that did not before. */
  look(kind: PolicyKindName, place: Place, event: LoggedEvent): void;
}

export interface ReadingParts {
  readonly tasks: MonitoredTasks;
  readonly watches: Watches;
  readonly policies: PolicySet;
  readonly defaultCurrency: string;
  readonly errorClasses: ErrorClassRules;
  readonly reading: Reading;
}

/** What a customer did wrong, or a card issuer says: neither a high tier nor money makes an incident of it. */
const ownFaults = new Set(['validation', 'permanent']);

/** Counts what a recorded event says, and tells what it means. */
export function readEvent(logged: LoggedEvent, parts: ReadingParts): void {
  if (logged.name.startsWith('custom.')) return;
  const event = logged as EachRecorded;
  if (event.taskId === null) return readEngine(event, parts);
  const monitored = parts.tasks.of(event);
  const { namespace = '', taskName = '' } = event;
  if (monitored !== undefined)
    new TaskReading(event.taskId, event, monitored, parts).read(parts.watches.task(namespace, taskName));
}

function readEngine(event: EachRecorded, { watches, reading }: ReadingParts): void {
  const sinceMs = event.occurredAt;
  const note = (kind: PolicyKindName, about: string, detail: string): void => {
    watches.noteEngine(kind, { sinceMs, about, detail });
    reading.look(kind, { namespace: null, task: null, step: null, about }, event);
  };
  switch (event.name) {
    case 'worker.started':
      for (const { traffic } of [watches, ...watches.tasks.values()]) traffic.watchedFrom(sinceMs);
      return;
    case 'worker.lost': {
      const { host, pid, tasksHeld } = event.payload;
      return note('worker_lost', `${host}:${pid}`, `it held ${tasksHeld} tasks`);
    }
    case 'worker.unresponsive': {
      const { host, pid, blockedMs, handler } = event.payload;
      const who = handler === null ? '' : `, in ${handler.step} of ${handler.taskName}`;
      return note('worker_unresponsive', `${host}:${pid}`, `blocked for ${Math.round(blockedMs)} ms${who}`);
    }
    case 'subscriber.lagged':
      return note('subscriber_lagging', event.payload.subscriber, `${event.payload.lag} events behind`);
    case 'subscriber.recovered':
      return watches.endEngine('subscriber_lagging', event.payload.subscriber);
    case 'sink.failing':
      return note('sink_failing', event.payload.sink, event.payload.reason);
    case 'sink.recovered':
      return watches.endEngine('sink_failing', event.payload.sink);
    default:
      return undefined;
  }
}

/** One event of one task. */
class TaskReading {
  readonly #taskId: string;
  readonly #event: EachRecorded;
  readonly #monitored: MonitoredTask;
  readonly #parts: ReadingParts;

  constructor(taskId: string, event: EachRecorded, monitored: MonitoredTask, parts: ReadingParts) {
    this.#taskId = taskId;
    this.#event = event;
    this.#monitored = monitored;
    this.#parts = parts;
  }

  read(task: TaskWatch): void {
    const event = this.#event;
    const { watches } = this.#parts;
    switch (event.name) {
      case 'task.initialize_requested': {
        const atMs = event.payload.startAt ?? event.occurredAt;
        // What is asked to start later says nothing of the traffic now, and is not expected to have succeeded.
        if (atMs === event.occurredAt) {
          for (const { traffic } of [watches, task]) traffic.started(atMs);
          task.outcomes.started(atMs);
        }
        const worth = this.#worth();
        if (worth !== null) task.typical.add(worth);
        return;
      }
      case 'task.completed':
        task.outcomes.ended(event.occurredAt, event.occurredAt - event.payload.durationMs, true);
        return this.#endedWell(task);
      case 'task.resolved_manually':
        return this.#endedWell(task);
      case 'task.failed':
        return this.#failed(event, task);
      case 'task.cancelled':
        task.outcomes.ended(event.occurredAt, event.occurredAt - event.payload.durationMs, false);
        task.endedWell(this.#taskId);
        return this.#lost(task, '');
      case 'task.retry_requested':
        return this.#troubled('');
      case 'task.sla_breached': {
        const open = event.payload.openSteps;
        const step = (open.find(({ status }) => status === 'in_progress') ?? open[0])?.step ?? '';
        this.#troubled(step);
        return this.#befell('sla_breached', task, step);
      }
      case 'step.sla_breached':
        this.#troubled(event.step ?? '');
        return this.#befell('sla_breached', task, event.step ?? '');
      case 'step.stalled':
        return this.#stalled(event, task);
      case 'step.completed':
        return this.#attemptEnded(event, event.payload, task, null);
      case 'step.failed':
        return this.#stepFailed(event, task);
      case 'step.cancelled':
      case 'step.resolved_manually':
        return task.step(event.step ?? '').left(this.#taskId, event.attempt ?? 0);
      default:
        return undefined;
    }
  }

  #failed(event: RecordedEvent<'task.failed'>, task: TaskWatch): void {
    const { durationMs, failedSteps } = event.payload;
    const { occurredAt } = event;
    task.outcomes.ended(occurredAt, occurredAt - durationMs, false);
    const first = failedSteps[0];
    const step = first?.step ?? '';
    this.#befell('task_failed', task, step);
    const errorClassOf = first === undefined ? 'application' : errorClass(first, this.#parts.errorClasses);
    const isOwn = ownFaults.has(errorClassOf);
    const asking = isOwn ? [] : this.#ofHighValueTo(task, step);
    if (asking.length > 0) this.#befell('high_value_failure', task, step, asking.map(countedAs));
    this.#lost(task, step, isOwn);
  }

  #lost(task: TaskWatch, step: string, isOwn = false): void {
    const { watches, reading } = this.#parts;
    const troubled = watches.trouble.remove(this.#taskId);
    const worth = this.#worth();
    reading.ended(this.#taskId, troubled, 'lost', worth);
    if (worth === null) return;
    // For an incident that is not known yet.
    task.tasksWith('lost', step).add(this.#taskId, this.#event.occurredAt, worth);
    if (isOwn) return;
    task.tasksWith('revenue_lost', step).add(this.#taskId, this.#event.occurredAt, worth);
    reading.look('revenue_lost', placeOf(task, step), this.#event);
  }

  #endedWell(task: TaskWatch): void {
    task.endedWell(this.#taskId);
    this.#parts.reading.ended(this.#taskId, this.#parts.watches.trouble.remove(this.#taskId), 'well', this.#worth());
  }

  #stalled(event: RecordedEvent<'step.stalled'>, task: TaskWatch): void {
    const { runningMs, silentMs, stallMs } = event.payload;
    const step = event.step ?? '';
    const watch = task.step(step);
    const group = this.#group();
    const seen = watch.stalled(
      {
        task: this.#taskId,
        attempt: event.attempt ?? 0,
        beganMs: event.occurredAt - runningMs,
        durationMs: runningMs,
        group,
        values: this.#parts.watches.groups.values(group),
        silentMs,
        stallMs,
        atMs: event.occurredAt,
      },
      this.#rules(step),
    );
    this.#troubled(step);
    this.#parts.reading.seen(task, step, seen);
    this.#parts.reading.look('step_stalled', placeOf(task, step), event);
  }

  #stepFailed(event: RecordedEvent<'step.failed'>, task: TaskWatch): void {
    const { cause, final, error } = event.payload;
    const step = event.step ?? '';
    this.#troubled(step);
    // It says something of its worker, and nothing of the step.
    if (cause === 'worker_lost') return task.step(step).left(this.#taskId, event.attempt ?? 0);
    const failure = {
      errorClass: errorClass(event.payload, this.#parts.errorClasses),
      isThrown: cause === 'error',
      error: openError(error),
    };
    this.#attemptEnded(event, event.payload, task, failure);
    if (final === 'exhausted') this.#befell('retries_exhausted', task, step);
  }

  #attemptEnded(
    event: RecordedEvent<'step.completed'> | RecordedEvent<'step.failed'>,
    { durationMs, startedAt }: { readonly durationMs: number | null; readonly startedAt?: number | undefined },
    task: TaskWatch,
    failure: ClassifiedError | null,
  ): void {
    const step = event.step ?? '';
    const { watches, reading } = this.#parts;
    const group = this.#group();
    const seen = task.step(step).ended(
      {
        task: this.#taskId,
        attempt: event.attempt ?? 0,
        beganMs: startedAt ?? event.occurredAt - (durationMs ?? 0),
        durationMs: durationMs ?? 0,
        group,
        values: watches.groups.values(group),
        failure,
      },
      this.#rules(step),
    );
    reading.seen(task, step, seen);
    if (failure !== null) reading.look('error_ratio', placeOf(task, step), event);
    else if ((seen.what & slow) !== 0) reading.look('step_slow', placeOf(task, step), event);
  }

  #befell(
    what: 'sla_breached' | 'retries_exhausted' | 'task_failed' | 'high_value_failure',
    task: TaskWatch,
    step: string,
    counted: readonly string[] = [what],
  ): void {
    for (const one of counted) task.tasksWith(one, step).add(this.#taskId, this.#event.occurredAt, this.#worth());
    this.#parts.reading.look(what, placeOf(task, step), this.#event);
  }

  #troubled(step: string): void {
    const { watches, reading } = this.#parts;
    const event = this.#event;
    watches.trouble.note(this.#taskId, step, event.occurredAt, () => ({
      kind: `${event.namespace}.${event.taskName}`,
      worth: this.#worth(),
      group: this.#group(),
      traceId: event.traceId ?? '',
    }));
    const troubled = watches.trouble.get(this.#taskId);
    if (troubled !== undefined) reading.troubled(this.#taskId, troubled, step);
  }

  /** The policies by whose tiers or limits the task is one of high value. */
  #ofHighValueTo(task: TaskWatch, step: string): readonly Policy[] {
    const worth = this.#worth();
    const typical = worth === null ? null : task.typical.of(worth.currency);
    return this.#parts.policies.of('high_value_failure', task.namespace, task.task, step).filter((policy) => {
      const tier = this.#event.business?.['customer_tier'];
      if (typeof tier === 'string' && policy.tiers.includes(tier)) return true;
      if (worth === null) return false;
      const limit =
        policy.limits[worth.currency] ??
        (typical === null ? Number.POSITIVE_INFINITY : typical * parameter(policy, 'orders'));
      return worth.amount >= limit;
    });
  }

  #rules(step: string) {
    return rulesOf(this.#parts.policies, this.#event.namespace ?? '', this.#event.taskName ?? '', step);
  }

  #worth(): Worth | null {
    return worthOf(this.#event, this.#monitored, this.#parts.defaultCurrency);
  }

  #group(): number {
    return this.#parts.watches.groups.of(this.#event);
  }
}

function placeOf({ namespace, task }: TaskWatch, step: string): Place {
  return { namespace, task, step: step === '' ? null : step, about: null };
}

function openError({ type, code, status }: PublicErrorFields): ClassifiedError['error'] {
  return { type, code: code ?? null, status: status ?? null };
}
