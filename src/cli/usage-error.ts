/** The command line was written wrongly: nothing has been tried. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'TASKER_CLI_USAGE';
  readonly hints: readonly string[];

  constructor(message: string, hints: readonly string[] = []) {
    super(message);
    this.hints = hints;
  }
}
