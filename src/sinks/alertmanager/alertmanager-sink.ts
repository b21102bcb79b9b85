import type { Clock } from '../../shared/clock.ts';
import { canonicalJson } from '../../shared/json.ts';
import type { AlertIncident, AlertNotice } from '../../signals/alert.ts';
import { delivered } from '../../signals/delivery.ts';
import { oneByOne } from '../alerts/one-by-one.ts';
import { type AlertSink, defineSink } from '../define-sink.ts';
import { deliver } from '../http/deliver.ts';
import { type AlertmanagerAlert, alertOf, labelsOf } from './alertmanager-alert.ts';
import type { AlertmanagerParts } from './alertmanager-options.ts';

type Labels = Readonly<Record<string, string>>;

/** Incidents whose labels are remembered. One that is forgotten ends at Alertmanager by itself, `staleAfter` later. */
const mostRemembered = 1000;
/** As Prometheus does: an alert that was not said again for so many turns is over. */
const turnsUntilOver = 4;
const leastUntilOverMs = 300_000;

/**
 * To one Alertmanager. Of a cluster each member gets a sink of its own: it must be told directly, and one that is dead
 * must neither hold up the others nor go unnoticed.
 *
 * Severity is a label, since routes are made of it, and labels are what an alert is known by. So when it changes the old
 * alert is ended in the request that opens the new one. Which labels an incident went out with is remembered here alone;
 * after a restart the old alert ends by itself.
 */
export function makeAlertmanagerSink(parts: AlertmanagerParts, clock: Clock): AlertSink {
  const { name, url, headers, repeatMs, timeoutMs } = parts;
  const untilOverMs = Math.max(leastUntilOverMs, turnsUntilOver * repeatMs);
  /** By the incident's key, what it last went out as. */
  const open = new Map<string, Labels>();

  const isAnothers = (labels: Labels, key: string): boolean =>
    [...open].some(([other, held]) => other !== key && canonicalJson(held) === canonicalJson(labels));
  const remember = (key: string, labels: Labels | null): void => {
    open.delete(key);
    if (labels !== null) open.set(key, labels);
    for (const [oldest] of open) {
      if (open.size <= mostRemembered) break;
      open.delete(oldest);
    }
  };

  return defineSink({
    name,
    repeatAlertsMs: repeatMs,
    alerts: oneByOne(async (notice, signal) => {
      // Whoever was not there has nothing to end, and Alertmanager no place for what is over.
      if (notice.kind === 'summary' || notice.kind === 'settle') return delivered;
      const { incident } = notice;
      const labels = labelsOf(incident, parts.labels);
      const isOver = notice.kind === 'resolve';
      const alerts = [
        ...ended(notice, isOver ? [labels, open.get(incident.key)] : [open.get(incident.key)], isOver ? null : labels),
        ...(isOver ? [] : [firing(incident, labels)]),
      ];
      if (alerts.length > 0) {
        const body = JSON.stringify(alerts);
        const to = `${url.replace(/\/+$/, '')}/api/v2/alerts`;
        const outcome = await deliver({
          receiver: 'Alertmanager',
          url: to,
          headers,
          body,
          timeoutMs,
          clock,
          signal,
        });
        if (outcome.kind !== 'delivered') return outcome;
      }
      remember(incident.key, isOver ? null : labels);
      return delivered;
    }),
  });

  function firing(incident: AlertIncident, labels: Labels): AlertmanagerAlert {
    const nowMs = clock.now();
    return alertOf(incident, labels, { nowMs, endsAtMs: nowMs + untilOverMs });
  }

  /** Each once; not what goes on, and not what a newer incident has opened again under the same labels. */
  function ended(
    { incident, atMs }: Extract<AlertNotice, { readonly incident: AlertIncident }>,
    candidates: readonly (Labels | undefined)[],
    goesOn: Labels | null,
  ): readonly AlertmanagerAlert[] {
    const nowMs = clock.now();
    const seen = new Set<string>(goesOn === null ? [] : [canonicalJson(goesOn)]);
    return candidates.flatMap((labels) => {
      if (labels === undefined || isAnothers(labels, incident.key)) return [];
      const text = canonicalJson(labels);
      if (seen.has(text)) return [];
      seen.add(text);
      return [alertOf(incident, labels, { nowMs, endsAtMs: Math.min(atMs, nowMs) })];
    });
  }
}
