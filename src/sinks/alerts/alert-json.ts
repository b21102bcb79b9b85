import type { JsonObject } from '../../shared/json.ts';
import type { AlertIncident, AlertNotice, MoneyByCurrency } from '../../signals/alert.ts';
import { moneyInWords } from '../../signals/money.ts';
import { clip, isoTime, some } from './text.ts';

/** Raised when a reader of the one before would no longer understand it; what is added does not. */
export const alertJsonVersion = 1;

export const noticeTypes = {
  trigger: 'alert.triggered',
  update: 'alert.updated',
  repeat: 'alert.repeated',
  acknowledge: 'alert.acknowledged',
  resolve: 'alert.resolved',
  settle: 'alert.settled',
  summary: 'alert.missed',
} as const satisfies Record<AlertNotice['kind'], string>;

/** A notice as machines read it: `docs/alert-sinks.md` describes every field. */
export function noticeJson(notice: AlertNotice): JsonObject {
  return {
    type: noticeTypes[notice.kind],
    version: alertJsonVersion,
    timestamp: isoTime(notice.atMs),
    data:
      notice.kind === 'summary'
        ? {
            missed_count: notice.missed.length,
            missed: notice.missed.slice(0, mostIncidents).map((incident) => incidentJson(incident)),
          }
        : { incident: incidentJson(notice.incident) },
  };
}

export function incidentJson(incident: AlertIncident): JsonObject {
  return {
    key: incident.key.toWellFormed(),
    severity: incident.severity,
    environment: text(incident.environment),
    policy: text(incident.policy),
    joined: texts(incident.joined),
    summary: text(incident.summary),
    namespace: textOrNull(incident.namespace),
    task: textOrNull(incident.task),
    step: textOrNull(incident.step),
    system: textOrNull(incident.system),
    cause: text(incident.cause),
    first_error: incident.firstError && {
      type: text(incident.firstError.type),
      code: textOrNull(incident.firstError.code),
      status: incident.firstError.status,
    },
    since: isoTime(incident.sinceMs),
    tasks_hit: incident.tasksHit,
    hit_by: Object.fromEntries(
      Object.entries(incident.hitBy)
        .slice(0, mostItems)
        .map(([field, counts]) => [text(field), money(counts)]),
    ),
    labels: Object.fromEntries(
      Object.entries(incident.labels)
        .slice(0, mostItems)
        .map(([name, value]) => [text(name), text(value)]),
    ),
    scope: incident.scope
      .slice(0, mostItems)
      .map(({ field, values }) => ({ field: text(field), values: texts(values) })),
    lost: money(incident.lost),
    lost_text: text(moneyInWords(incident.lost)),
    at_risk: money(incident.atRisk),
    at_risk_text: text(moneyInWords(incident.atRisk)),
    trend: incident.trend,
    action: text(incident.action),
    runbook_url: textOrNull(incident.runbookUrl),
    console_url: textOrNull(incident.consoleUrl),
    example_task: textOrNull(incident.exampleTask),
    example_trace: textOrNull(incident.exampleTrace),
  };
}

const mostCharacters = 4000;
const mostItems = 100;
const mostIncidents = 100;

/** A lone half of a surrogate pair is no text in any encoding, and some receivers refuse all that holds one. */
const text = (value: string): string => clip(value.toWellFormed(), mostCharacters);
const textOrNull = (value: string | null): string | null => (value === null ? null : text(value));
const texts = (values: readonly string[]): string[] =>
  some(values, mostItems, (left) => `and ${left} more`).map((value) => text(value));
const money = (amounts: MoneyByCurrency): JsonObject =>
  Object.fromEntries(
    Object.entries(amounts)
      .slice(0, mostItems)
      .map(([currency, amount]) => [text(currency), amount]),
  );
