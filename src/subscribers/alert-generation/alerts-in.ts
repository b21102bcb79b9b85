import type { JsonValue } from '../../shared/json.ts';
import type { AlertIncident } from '../../signals/alert.ts';
import type { Silence } from './policies/silences.ts';

/** An incident as whoever looks sees it. */
export interface AlertView {
  readonly incident: AlertIncident;
  readonly state: 'firing' | 'acknowledged' | 'resolved';
  readonly silenced: boolean;
  readonly acknowledged: { readonly by: string; readonly why: string; readonly atMs: number } | null;
  /** null while it is open. */
  readonly resolvedAtMs: number | null;
}

/** A condition that holds, and has not held for as long as its policy asks (`for_seconds`): nobody is told of it yet. */
export interface PendingAlert {
  readonly policy: string;
  readonly namespace: string | null;
  readonly task: string | null;
  readonly step: string | null;
  /** Of the engine's own: which worker, subscriber or sink. */
  readonly about: string | null;
  readonly sinceMs: number;
  /** When it fires if it holds until then. */
  readonly firesAtMs: number;
}

export interface AlertsView {
  /** Open ones first, then those that ended last, newest first. */
  readonly incidents: readonly AlertView[];
  readonly pending: readonly PendingAlert[];
  readonly silences: readonly Silence[];
}

/** What the stored state of `tasker.alerts` tells. */
export function alertsIn(stored: JsonValue): readonly AlertView[] {
  return viewIn(stored).incidents;
}

/** Those that have held longest first. */
export function pendingIn(stored: JsonValue): readonly PendingAlert[] {
  return viewIn(stored).pending;
}

/** Those that an operator may lift: they hold, or will. */
export function silencesIn(stored: JsonValue, nowMs: number): readonly Silence[] {
  return viewIn(stored).silences.filter(({ untilMs }) => untilMs > nowMs);
}

function viewIn(stored: JsonValue): AlertsView {
  return (stored as unknown as { readonly view: AlertsView }).view;
}
