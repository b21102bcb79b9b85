import { TaskerError } from '../shared/errors.ts';

/** Why a replay is not begun, or not swapped in; the living state is as it was. */
function refused(message: string, details: Readonly<Record<string, unknown>> = {}): TaskerError {
  return new TaskerError('TASKER_REPLAY_REFUSED', message, { details });
}

export function beyondItself(name: string, from: number, position: number): TaskerError {
  return refused(
    `Subscriber '${name}' has come to position ${position}; a replay from ${from} would skip what lies between, which it has never seen. ` +
      `Replay from ${position + 1} or earlier.`,
    { from, position },
  );
}

export function wouldForget(name: string, from: number, earliest: number): TaskerError {
  return refused(
    `The state of '${name}' has counted events from position ${earliest} on; a replay from ${from} would forget those before. ` +
      `Replay from ${earliest} or earlier, or ask for a reset.`,
    { from, earliest },
  );
}

export function hasLost(name: string, earliest: number, removedUpTo: number): TaskerError {
  return refused(
    `The state of '${name}' has counted events from position ${earliest} on, and of those up to ${removedUpTo} some have been removed since, being too old: a replay would forget them. ` +
      'Ask for a reset if it may.',
    { earliest, removedUpTo },
  );
}

export function removedMeanwhile(name: string, reached: number, removedUpTo: number): TaskerError {
  return refused(
    `While '${name}' was replayed, events up to position ${removedUpTo} became too old and were removed; the replay had come to ${reached} and would lack some of them. ` +
      'Its living state is as it was. Ask again: what is left is then judged anew.',
    { reached, removedUpTo },
  );
}

export function releasedMeanwhile(name: string, taskId: string): TaskerError {
  return refused(
    `While '${name}' was replayed, the event that task ${taskId} waits behind was retried or dropped: what the replay has let wait would wait for ever. ` +
      'Its living state is as it was; replay it again.',
    { taskId },
  );
}

export function changedMeanwhile(name: string): TaskerError {
  return refused(`Subscriber '${name}' changed meanwhile; replay it again.`);
}

export function tooMuchParked(name: string, most: number): TaskerError {
  return refused(
    `The replay of '${name}' was given up: it would park more than ${most} events. Its living state is as it was.`,
  );
}
