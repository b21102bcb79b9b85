import type { AlertIncident } from '../../../signals/alert.ts';
import { type AlertMatch, matches } from './alert-match.ts';

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export type Weekday = (typeof weekdays)[number];

/** When nobody is to be woken because work is announced: once, or every week. In UTC, which has no hour twice. */
export type MaintenanceWindow = {
  /** Default: whatever comes. */
  readonly match?: AlertMatch | undefined;
} & (
  | {
      readonly kind: 'once';
      readonly fromMs: number;
      /** No longer part of it. */
      readonly untilMs: number;
    }
  | {
      readonly kind: 'weekly';
      /** On which it begins. */
      readonly days: readonly Weekday[];
      /** Milliseconds after midnight. */
      readonly fromMs: number;
      /** The same as `fromMs` or earlier: on the day after. */
      readonly untilMs: number;
    }
);

const dayMs = 86_400_000;
/** 1 January 1970 was a Thursday. */
const firstWeekday = 4;

export function inMaintenance(windows: readonly MaintenanceWindow[], incident: AlertIncident, nowMs: number): boolean {
  return windows.some((window) => isOpen(window, nowMs) && matches(window.match ?? {}, incident));
}

function isOpen(window: MaintenanceWindow, nowMs: number): boolean {
  if (window.kind === 'once') return nowMs >= window.fromMs && nowMs < window.untilMs;
  const today = Math.floor(nowMs / dayMs);
  const lengthMs =
    window.untilMs > window.fromMs ? window.untilMs - window.fromMs : window.untilMs - window.fromMs + dayMs;
  // One that began yesterday may still be open.
  return [today, today - 1].some((day) => {
    const weekday = weekdays[(((day + firstWeekday) % 7) + 7) % 7];
    const intoMs = nowMs - day * dayMs - window.fromMs;
    return weekday !== undefined && window.days.includes(weekday) && intoMs >= 0 && intoMs < lengthMs;
  });
}
