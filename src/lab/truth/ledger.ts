import type { LoggedEvent, RecordedEvent } from '../../index.ts';
import type { MoneyByCurrency } from '../../index.ts';
import type { Fault, Workflow } from '../scenario/scenario.ts';
import { isMeant } from '../world/arrivals.ts';
import { type Worth, worthOf } from './worth.ts';

/** A sign that a task may not come to a good end: an attempt failed, stalled, or a deadline passed. */
export interface Trouble {
  readonly atMs: number;
  /** Steps that it is about: of a task's deadline, those that were open. */
  readonly steps: readonly string[];
}

/** What the log tells of a task that was ever in trouble. */
export interface TroubledTask {
  readonly taskId: string;
  readonly namespace: string;
  readonly task: string;
  readonly business: Readonly<Record<string, unknown>>;
  readonly worth: Worth | null;
  readonly troubles: Trouble[];
  readonly breached: boolean;
  /** null: still open. `lost`: it ended in error or was cancelled. */
  readonly ended: { readonly atMs: number; readonly lost: boolean } | null;
}

export interface Money {
  readonly lost: MoneyByCurrency;
  readonly atRisk: MoneyByCurrency;
}

interface Counts {
  started: number;
  completed: number;
  failed: number;
  attemptsFailed: number;
  stalled: number;
}

/**
 * The truth about money and trouble, from recorded events alone and by the definitions of the metrics' reference: lost
 * is what tasks were worth that ended in error or were cancelled; at risk what open ones are worth that failed an
 * attempt, stalled or passed a deadline.
 */
export class Ledger {
  readonly #workflows: readonly Workflow[];
  readonly #troubled = new Map<string, { -readonly [Key in keyof TroubledTask]: TroubledTask[Key] }>();
  readonly counts: Counts = { started: 0, completed: 0, failed: 0, attemptsFailed: 0, stalled: 0 };

  constructor(workflows: readonly Workflow[]) {
    this.#workflows = workflows;
  }

  get troubled(): Iterable<TroubledTask> {
    return this.#troubled.values();
  }

  take(logged: LoggedEvent): void {
    switch (logged.name) {
      case 'task.initialize_requested':
        this.counts.started += 1;
        return;
      case 'task.completed':
        this.counts.completed += 1;
        return this.#ended(logged, false);
      case 'task.failed':
        this.counts.failed += 1;
        return this.#ended(logged, true);
      case 'task.cancelled':
        return this.#ended(logged, true);
      case 'step.failed':
        this.counts.attemptsFailed += 1;
        return this.#trouble(logged, [logged.step ?? '']);
      case 'step.stalled':
        this.counts.stalled += 1;
        return this.#trouble(logged, [logged.step ?? '']);
      case 'step.sla_breached':
        this.#trouble(logged, [logged.step ?? '']);
        return this.#breached(logged);
      case 'task.sla_breached': {
        const { payload } = logged as RecordedEvent<'task.sla_breached'>;
        this.#trouble(
          logged,
          payload.openSteps.map(({ step }) => step),
        );
        return this.#breached(logged);
      }
      default:
        return undefined;
    }
  }

  /** Of the tasks of one kind that got into trouble at a fault's steps since it began, as of one moment. */
  moneyOf(
    fault: Fault,
    of: { readonly namespace: string; readonly task: string },
    startMs: number,
    atMs: number,
  ): Money {
    const steps = fault.hits
      .filter(({ namespace, task }) => namespace === of.namespace && task === of.task)
      .map(({ step }) => step);
    const lost: Record<string, number> = {};
    const atRisk: Record<string, number> = {};
    for (const { namespace, task, business, worth, troubles, ended } of this.#troubled.values()) {
      if (worth === null || namespace !== of.namespace || task !== of.task || !isMeant(fault.who, business)) continue;
      const isHit = troubles.some(
        (trouble) =>
          trouble.atMs >= startMs + fault.fromMs &&
          trouble.atMs <= atMs &&
          trouble.steps.some((step) => steps.includes(step)),
      );
      if (!isHit) continue;
      const isOpen = ended === null || ended.atMs > atMs;
      if (isOpen) atRisk[worth.currency] = (atRisk[worth.currency] ?? 0) + worth.amount;
      else if (ended.lost) lost[worth.currency] = (lost[worth.currency] ?? 0) + worth.amount;
    }
    return { lost, atRisk };
  }

  #ended({ taskId, occurredAt }: RecordedEvent, lost: boolean): void {
    const known = this.#troubled.get(taskId ?? '');
    if (known !== undefined) known.ended = { atMs: occurredAt, lost };
  }

  #breached({ taskId }: LoggedEvent): void {
    const known = this.#troubled.get(taskId ?? '');
    if (known !== undefined) known.breached = true;
  }

  #trouble(event: RecordedEvent, steps: readonly string[]): void {
    const { taskId, namespace = '', taskName: task = '', business = {}, occurredAt: atMs } = event;
    if (taskId === null) return;
    let known = this.#troubled.get(taskId);
    if (known === undefined) {
      const workflow = this.#workflows.find((one) => one.namespace === namespace && one.name === task);
      const worth = workflow === undefined ? null : worthOf(business, workflow.template);
      known = { taskId, namespace, task, business, worth, troubles: [], breached: false, ended: null };
      this.#troubled.set(taskId, known);
    }
    known.troubles.push({ atMs, steps });
  }
}
