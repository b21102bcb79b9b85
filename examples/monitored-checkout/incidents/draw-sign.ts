import type { ToldEvent } from './told-event.ts';
import type { MarkName } from './chronicle.ts';

/** What the first event of a kind says, in one line. */
export function drawSign(mark: MarkName, event: ToldEvent): string {
  const step = event.step ?? '';
  switch (mark) {
    case 'firstSign':
      return firstSignText(event, step);
    case 'firstFailedAttempt':
      return `${step}: the first attempt has failed (${errorText(event)})`;
    case 'firstFailedCheckout':
      return 'the first checkout has failed for good';
    case 'wellAgain':
      return `${step}: an attempt that began after the fault has completed`;
    case 'allThrough':
      return 'the last checkout that the fault left open has ended';
    default:
      return event.name;
  }
}

function firstSignText(event: ToldEvent, step: string): string {
  switch (event.name) {
    case 'step.stalled':
      return `${step}: the first hung call passes its stall limit, ${seconds(event.payload.stallMs)} without a sign of life`;
    case 'step.failed':
      return `${step}: the first attempt has failed (${errorText(event)})`;
    case 'step.completed':
      return `${step}: the first slow attempt took ${seconds(event.payload.durationMs)}`;
    case 'worker.lost':
      return `the new engine finds that process ${event.payload.pid} ended without a word, with ${event.payload.tasksHeld} checkouts in hand`;
    default:
      return event.name;
  }
}

function errorText(event: ToldEvent): string {
  if (event.name !== 'step.failed') return '';
  const { cause, error } = event.payload;
  return cause === 'error' ? [error.code ?? error.type, error.status].filter(Boolean).join(' ') : cause;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
