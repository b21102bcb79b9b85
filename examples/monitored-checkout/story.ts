import type { LoggedEvent } from './tasker.ts';

export interface StepFigures {
  /** Tasks whose attempt is under way: a set, because an attempt that is heard of late may end before it began here. */
  readonly running: Set<string>;
  completed: number;
  failed: number;
  retried: number;
  stalled: number;
  readonly durationsMs: number[];
}

/** What a run amounts to, told by its recorded events alone: the same would come of reading them next month. */
export class Story {
  /** Every task that was heard of, also those that an earlier run began. */
  readonly #tasks = new Set<string>();
  readonly outcomes = { completed: 0, failed: 0, cancelled: 0, slaBreached: 0 };
  readonly steps = new Map<string, StepFigures>();
  readonly revenueMinor = new Map<string, number>();
  readonly taskDurationsMs: number[] = [];
  readonly failures = new Map<string, { count: number; taskId: string }>();
  events = 0;

  constructor(steps: readonly string[]) {
    for (const step of steps) {
      this.steps.set(step, { running: new Set(), completed: 0, failed: 0, retried: 0, stalled: 0, durationsMs: [] });
    }
  }

  get started(): number {
    return this.#tasks.size;
  }

  get ended(): number {
    return this.outcomes.completed + this.outcomes.failed + this.outcomes.cancelled;
  }

  tell(event: LoggedEvent): void {
    this.events += 1;
    if (event.taskId !== null) this.#tasks.add(event.taskId);
    const step = this.steps.get(event.step ?? '');
    if (step !== undefined) this.#tellStep(step, event);
    else this.#tellTask(event);
  }

  #tellTask(event: LoggedEvent): void {
    const { outcomes } = this;
    switch (event.name) {
      case 'task.completed': {
        outcomes.completed += 1;
        this.taskDurationsMs.push(durationOf(event) ?? 0);
        const currency = currencyOf(event);
        const value = Number(event.business?.['order_value'] ?? 0);
        this.revenueMinor.set(currency, (this.revenueMinor.get(currency) ?? 0) + value);
        break;
      }
      case 'task.failed': {
        outcomes.failed += 1;
        const { failedSteps } = event.payload as {
          failedSteps: { step: string; error: { type: string; code?: string } }[];
        };
        const [first] = failedSteps;
        if (first !== undefined)
          this.#countFailure(`${first.step}: ${first.error.code ?? first.error.type}`, event.taskId ?? '');
        break;
      }
      case 'task.cancelled':
        outcomes.cancelled += 1;
        break;
      case 'task.sla_breached':
        outcomes.slaBreached += 1;
        break;
      default:
    }
  }

  #tellStep(step: StepFigures, event: LoggedEvent): void {
    switch (event.name) {
      case 'step.execution_requested':
        step.running.add(event.taskId ?? '');
        break;
      case 'step.completed':
        step.running.delete(event.taskId ?? '');
        step.completed += 1;
        step.durationsMs.push(durationOf(event) ?? 0);
        break;
      case 'step.failed':
        step.running.delete(event.taskId ?? '');
        step.failed += 1;
        break;
      case 'step.retry_requested':
        step.retried += 1;
        break;
      case 'step.stalled':
        step.stalled += 1;
        break;
      default:
    }
  }

  #countFailure(why: string, taskId: string): void {
    const known = this.failures.get(why);
    this.failures.set(why, { count: (known?.count ?? 0) + 1, taskId });
  }
}

/** The value below which `share` of them lie; null for none. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}

function currencyOf({ business }: LoggedEvent): string {
  const currency = business?.['currency'];
  return typeof currency === 'string' ? currency : 'USD';
}

function durationOf(event: LoggedEvent): number | null {
  const { durationMs } = event.payload as { durationMs?: number | null };
  return durationMs ?? null;
}
