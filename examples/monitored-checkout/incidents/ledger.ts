import type { ToldEvent } from './told-event.ts';

/** What came of the checkouts, by the log: the truth that alerts are held against. */
export class Ledger {
  readonly openTasks = new Set<string>();
  readonly lostMinor = new Map<string, number>();
  begun = 0;
  completed = 0;
  failed = 0;
  /** Attempts that ended with their process. */
  lostAttempts = 0;

  tell(event: ToldEvent): void {
    const taskId = event.taskId ?? '';
    switch (event.name) {
      case 'task.initialize_requested':
        this.begun += 1;
        this.openTasks.add(taskId);
        break;
      case 'task.completed':
        this.completed += 1;
        this.openTasks.delete(taskId);
        break;
      case 'task.failed':
        this.failed += 1;
        this.openTasks.delete(taskId);
        this.#lose(event);
        break;
      case 'step.failed':
        if (event.payload.cause === 'worker_lost') this.lostAttempts += 1;
        break;
      default:
    }
  }

  #lose({ business }: ToldEvent): void {
    const { currency, order_value: value } = business ?? {};
    if (typeof currency !== 'string' || typeof value !== 'number') return;
    this.lostMinor.set(currency, (this.lostMinor.get(currency) ?? 0) + value);
  }
}
