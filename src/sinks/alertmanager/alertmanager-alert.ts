import type { AlertIncident } from '../../signals/alert.ts';
import { moneyInWords } from '../../signals/money.ts';
import { firstErrorOf, moneyOf, placeOf, whomOf } from '../alerts/incident-words.ts';
import { identifier, isoTime, shortLine, some, webAddress } from '../alerts/text.ts';

/** As `POST /api/v2/alerts` takes them in an array. */
export interface AlertmanagerAlert {
  /** What Alertmanager knows an alert by. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/** All that a firing alert may have; `labels` of a configuration may name none of them. */
export const ownLabels: ReadonlySet<string> = new Set([
  'alertname',
  'severity',
  'environment',
  'policy',
  'namespace',
  'task',
  'step',
  'system',
  'cause',
]);

/**
 * What stays the same while it burns, but for the severity, which routes need. Never an id or an amount: each new value
 * would be a new alert.
 */
export function labelsOf(incident: AlertIncident, added: Readonly<Record<string, string>>): Record<string, string> {
  const { severity, environment, policy, namespace, task, step, system, cause } = incident;
  const named = { environment, policy, namespace, task, step, system, cause };
  const labels: Record<string, string> = { ...added, alertname: alertName(policy), severity };
  for (const [name, value] of Object.entries(named))
    if (value !== null && value !== '') labels[name] = identifier(value, 255);
  return labels;
}

/** In Prometheus's form, and apart from everybody else's: `step-stalled` becomes `TaskerStepStalled`. */
function alertName(policy: string): string {
  const words = policy.match(/[A-Za-z0-9]+/g) ?? [];
  return identifier(`Tasker${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`, 255);
}

/** What is read and not compared: money, scope, what to do. */
export function annotationsOf(incident: AlertIncident): Record<string, string> {
  const { tasksHit, trend, action, joined, summary, exampleTask, exampleTrace, lost, atRisk } = incident;
  const money = moneyOf(incident);
  const all: Record<string, string> = {
    summary: shortLine(summary, 1024),
    description: [
      `Where: ${shortLine(placeOf(incident), 500)}`,
      `Hits: ${whomOf(incident)}; ${tasksHit} tasks, ${trend}`,
      ...(money === '' ? [] : [`Money: ${shortLine(money, 500)}`]),
      `What to do: ${shortLine(action, 1000)}`,
    ].join('\n'),
    action: shortLine(action, 1000),
    scope: whomOf(incident),
    tasks_hit: String(tasksHit),
    trend,
    since: isoTime(incident.sinceMs),
    lost: shortLine(moneyInWords(lost), 500),
    at_risk: shortLine(moneyInWords(atRisk), 500),
    first_error: shortLine(firstErrorOf(incident) ?? '', 500),
    joined: some(joined, 20, (left) => `${left} more`)
      .map((policy) => shortLine(policy, 100))
      .join(', '),
    runbook_url: webAddress(incident.runbookUrl) ?? '',
    console_url: webAddress(incident.consoleUrl) ?? '',
    example_task: shortLine(exampleTask ?? '', 255),
    example_trace: shortLine(exampleTrace ?? '', 255),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** Not before `endsAtMs`: an alert that ends before it begins is refused. */
export function alertOf(
  incident: AlertIncident,
  labels: Readonly<Record<string, string>>,
  { nowMs, endsAtMs }: { readonly nowMs: number; readonly endsAtMs: number },
): AlertmanagerAlert {
  // Alertmanager refuses the whole request for an address that is none.
  const generatorURL = webAddress(incident.consoleUrl);
  return {
    labels,
    annotations: annotationsOf(incident),
    startsAt: isoTime(Math.min(incident.sinceMs, endsAtMs, nowMs)),
    endsAt: isoTime(endsAtMs),
    ...(generatorURL !== null && { generatorURL }),
  };
}
