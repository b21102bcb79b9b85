import { TaskerError } from '../shared/errors.ts';

/** What is wrong with one subscriber. */
export function invalidSubscriber(name: string, problems: readonly string[]): TaskerError {
  return new TaskerError(
    'TASKER_SUBSCRIBER_INVALID',
    `Subscriber '${name}' is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    { details: { subscriber: name, problems } },
  );
}
