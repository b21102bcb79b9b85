import type { JsonValue } from '../../shared/json.ts';
import type { AlertIncident } from '../../signals/alert.ts';
import { Alerting, type AlertingOptions } from './alerting.ts';
import type { Silence } from './silences.ts';

/** An incident as whoever looks sees it. */
export interface AlertView {
  readonly incident: AlertIncident;
  readonly state: 'firing' | 'acknowledged' | 'resolved';
  readonly silenced: boolean;
  readonly acknowledged: { readonly by: string; readonly why: string; readonly atMs: number } | null;
  /** null while it is open. */
  readonly resolvedAtMs: number | null;
}

/** A condition that holds, and has not held for as long as its policy asks. */
export interface PendingView {
  readonly policy: string;
  readonly namespace: string | null;
  readonly task: string | null;
  readonly step: string | null;
  readonly sinceMs: number;
}

export interface AlertsView {
  /** Open ones first, then those that ended last, newest first. */
  readonly incidents: readonly AlertView[];
  readonly pending: readonly PendingView[];
  readonly silences: readonly Silence[];
}

/** What the stored state of `tasker.alerts` tells, in whichever process. */
export function alertsIn(stored: JsonValue, options: AlertingOptions, nowMs: number): AlertsView {
  const alerting = new Alerting(options);
  alerting.restore(stored);
  const { incidents, teller, silences } = alerting;
  return {
    incidents: [...incidents.open.values(), ...incidents.closed].map((incident) => {
      const { acknowledged, resolvedAtMs, silenced } = incident.state;
      return {
        incident: teller.snapshot(incident, resolvedAtMs ?? nowMs),
        state: resolvedAtMs !== null ? 'resolved' : acknowledged === null ? 'firing' : 'acknowledged',
        silenced,
        acknowledged,
        resolvedAtMs,
      };
    }),
    pending: alerting.pending.map(({ policy, place: { namespace, task, step }, sinceMs }) => ({
      policy: policy.name,
      namespace,
      task,
      step,
      sinceMs,
    })),
    silences: silences.all,
  };
}
