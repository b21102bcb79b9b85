/** Tasker's own form; its options come from the configuration. */
export default class OrderTally {
  static readonly subscribe_to = ['task.completed'];
  static readonly options = { startFrom: 'beginning', state: { initial: () => 0 } } as const;
  readonly #worth: number;

  constructor({ worth = 1 }: { worth?: number }) {
    this.#worth = worth;
  }

  handle_task_completed(_event: unknown, context: { state: number }): void {
    context.state += this.#worth;
  }
}
