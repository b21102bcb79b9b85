import { businessText, type ToldEvent } from './told-event.ts';
import type { FirstSign, Incident, Truth } from './incident.ts';

/** Whether this event, after the fault has begun, shows it. */
export function isFirstSign(event: ToldEvent, sign: FirstSign, { step }: Truth): boolean {
  switch (sign.kind) {
    case 'stalled':
      return event.name === 'step.stalled' && event.step === step;
    case 'failed':
      return event.name === 'step.failed' && event.step === step;
    case 'slow':
      return event.name === 'step.completed' && event.step === step && event.payload.durationMs >= sign.slowMs;
    case 'worker_lost':
      return event.name === 'worker.lost';
  }
}

/** Whether this event is a failure that the fault has made, as far as can be told. */
export function isFailedAttempt(event: ToldEvent, { step }: Truth): boolean {
  if (event.name !== 'step.failed') return false;
  return step === null ? event.payload.cause === 'worker_lost' : event.step === step;
}

/** Whether this event shows that what was hit works again: an attempt of those hit, begun after the fault has ended. */
export function isWellAgain(event: ToldEvent, { truth, firstSign }: Incident, faultEndedMs: number): boolean {
  const { step, scope } = truth;
  if (event.name !== 'step.completed' || (step !== null && event.step !== step)) return false;
  if ((event.payload.startedAt ?? 0) < faultEndedMs) return false;
  if (firstSign.kind === 'slow' && event.payload.durationMs >= firstSign.slowMs) return false;
  return scope === null || scope.values.includes(businessText(event, scope.field));
}
