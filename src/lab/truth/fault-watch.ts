import type { LoggedEvent, RecordedEvent } from '../../index.ts';
import type { Fault, Scenario } from '../scenario/scenario.ts';
import type { Hit } from '../world/services.ts';

/** What a fault did, as the log shows it. Milliseconds since the Unix epoch. */
export interface FaultTruth {
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * When each of the tasks that it hit first showed it: an attempt that failed or passed its stall limit; of one that
   * was only slow, the moment at which it passed the step's healthy 99th percentile. In a silence, when each would have
   * started. In time order; empty: nobody felt it.
   */
  readonly shownAtMs: readonly number[];
  readonly tasksHit: number;
  /** When the last task that it hit had ended; the end of the run where one had not. */
  readonly overAtMs: number;
}

/** Follows the calls that faults have hit through the log. */
export class FaultWatch {
  readonly #scenario: Scenario;
  readonly #attempts = new Map<string, number>();
  readonly #openTasks = new Map<string, Set<number>>();
  readonly #shown: Map<string, number>[];
  readonly #hit: Set<string>[];
  readonly #over: number[];
  readonly #p99 = new Map<string, number>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const each = <T>(make: () => T): T[] => scenario.faults.map(make);
    this.#shown = each(() => new Map<string, number>());
    this.#hit = each(() => new Set<string>());
    this.#over = each(() => 0);
    for (const { namespace, name, steps } of scenario.workflows)
      for (const step of steps) this.#p99.set(`${namespace} ${name} ${step.name}`, step.latency.p99);
  }

  isHit(taskId: string): boolean {
    return this.#hit.some((tasks) => tasks.has(taskId));
  }

  hit({ fault, taskId, step, attempt }: Hit): void {
    this.#attempts.set(`${taskId} ${step} ${attempt}`, fault);
    this.#hit[fault]?.add(taskId);
    const open = this.#openTasks.get(taskId) ?? new Set();
    this.#openTasks.set(taskId, open.add(fault));
  }

  /** A task that a silence kept from starting. */
  silenced(fault: number, task: string, atMs: number): void {
    this.#shown[fault]?.set(task, atMs);
    this.#hit[fault]?.add(task);
  }

  take(event: LoggedEvent): void {
    switch (event.name) {
      case 'step.stalled':
      case 'step.failed':
      case 'step.completed':
        return this.#attempt(event as RecordedEvent<'step.completed' | 'step.failed' | 'step.stalled'>);
      case 'task.completed':
      case 'task.failed':
      case 'task.cancelled':
        return this.#taskEnded(event);
      default:
        return undefined;
    }
  }

  truths(endMs: number): readonly FaultTruth[] {
    const { startMs, faults } = this.#scenario;
    return faults.map((fault, index) => {
      const isOpen = [...this.#openTasks.values()].some((open) => open.has(index));
      const toMs = startMs + fault.toMs;
      return {
        fault,
        fromMs: startMs + fault.fromMs,
        toMs,
        shownAtMs: [...(this.#shown[index]?.values() ?? [])].sort((a, b) => a - b),
        tasksHit: this.#hit[index]?.size ?? 0,
        overAtMs: isOpen ? endMs : Math.max(toMs, this.#over[index] ?? 0),
      };
    });
  }

  #attempt(event: RecordedEvent<'step.completed' | 'step.failed' | 'step.stalled'>): void {
    const { taskId, step, attempt, occurredAt } = event;
    const key = `${taskId} ${step} ${attempt}`;
    const fault = this.#attempts.get(key);
    if (fault === undefined || taskId === null) return;
    if (event.name !== 'step.stalled') this.#attempts.delete(key);
    if (event.name !== 'step.completed') return this.#show(fault, taskId, occurredAt);
    const { durationMs } = (event as RecordedEvent<'step.completed'>).payload;
    const p99 = this.#p99.get(`${event.namespace} ${event.taskName} ${step}`) ?? Infinity;
    if (durationMs > p99) this.#show(fault, taskId, Math.floor(occurredAt - durationMs + p99));
  }

  #show(fault: number, taskId: string, atMs: number): void {
    const shown = this.#shown[fault];
    if (shown !== undefined && !shown.has(taskId)) shown.set(taskId, atMs);
  }

  #taskEnded({ taskId, occurredAt }: LoggedEvent): void {
    const open = this.#openTasks.get(taskId ?? '');
    if (open === undefined) return;
    for (const fault of open) this.#over[fault] = Math.max(this.#over[fault] ?? 0, occurredAt);
    this.#openTasks.delete(taskId ?? '');
  }
}
