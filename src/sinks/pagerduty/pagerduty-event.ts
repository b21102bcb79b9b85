import type { JsonObject, JsonValue } from '../../shared/json.ts';
import type { AlertIncident, AlertNotice } from '../../signals/alert.ts';
import { incidentJson } from '../alerts/alert-json.ts';
import { missedInWords } from '../alerts/incident-words.ts';
import { identifier, isoTime, shortLine, webAddress } from '../alerts/text.ts';

export interface PagerDutyEvent {
  /** Below the address of the Events API. */
  readonly path: '/v2/enqueue' | '/v2/change/enqueue';
  readonly body: string;
}

interface About {
  readonly routingKey: string;
  /** Null: the environment. */
  readonly source: string | null;
}

// https://developer.pagerduty.com/docs/events-api-v2: 1024 characters, 255 characters, 512 KB.
const mostSummary = 1024;
const mostDedupKey = 255;
// As Alertmanager's own sender counts them; 512 KiB would be 12,288 more.
const mostBytes = 512_000;
const mostName = 255;

/** A notice as the Events API takes it: within every limit, whatever stands in the incident. */
export function pagerDutyEvent(notice: AlertNotice, about: About): PagerDutyEvent {
  // Over before it could be told of: it goes where nobody is paged, among the changes of the service.
  if (notice.kind === 'summary') return { path: '/v2/change/enqueue', body: changeEvent(notice, about) };
  const { incident, kind } = notice;
  // An alert that is resolved cannot be changed any more.
  if (kind === 'settle') return { path: '/v2/change/enqueue', body: costEvent(notice, about) };
  const common = { routing_key: about.routingKey, dedup_key: identifier(incident.key, mostDedupKey) };
  if (kind === 'acknowledge' || kind === 'resolve')
    return { path: '/v2/enqueue', body: JSON.stringify({ ...common, event_action: kind }) };
  const console = webAddress(incident.consoleUrl);
  const event = {
    ...common,
    event_action: 'trigger',
    payload: {
      summary: shortLine(incident.summary, mostSummary) || `Policy ${shortLine(incident.policy, mostName)} fires`,
      severity: incident.severity,
      source: sourceOf(incident, about),
      timestamp: isoTime(notice.atMs),
      ...named('component', incident.step ?? incident.system ?? incident.task),
      ...named('group', incident.namespace === null ? incident.task : `${incident.namespace}/${incident.task ?? ''}`),
      ...named('class', incident.cause),
      custom_details: withoutNothing(incidentJson(incident)),
    },
    links: links(incident),
    client: 'Tasker',
    ...(console !== null && { client_url: console }),
  };
  return { path: '/v2/enqueue', body: withinLimit(event) };
}

function changeEvent({ missed, atMs }: AlertNotice & { readonly kind: 'summary' }, about: About): string {
  const [first] = missed;
  return withinLimit({
    routing_key: about.routingKey,
    payload: {
      summary: shortLine(missedInWords(missed), mostSummary),
      source: first === undefined ? (about.source ?? 'tasker') : sourceOf(first, about),
      timestamp: isoTime(atMs),
      custom_details: { missed: missed.slice(0, 20).map((incident) => withoutNothing(incidentJson(incident))) },
    },
  });
}

function costEvent({ incident, atMs }: Exclude<AlertNotice, { readonly kind: 'summary' }>, about: About): string {
  return withinLimit({
    routing_key: about.routingKey,
    payload: {
      summary: shortLine(`Resolved, and what it has cost: ${incident.summary}`, mostSummary),
      source: sourceOf(incident, about),
      timestamp: isoTime(atMs),
      custom_details: withoutNothing(incidentJson(incident)),
    },
    links: links(incident),
  });
}

function sourceOf({ environment }: AlertIncident, { source }: About): string {
  return shortLine(source ?? `tasker ${environment}`, mostName);
}

function named(name: string, value: string | null): JsonObject {
  const text = value === null ? '' : shortLine(value, mostName);
  return text === '' ? {} : { [name]: text };
}

function links({ runbookUrl, consoleUrl }: AlertIncident): JsonValue[] {
  return [
    { href: webAddress(runbookUrl), text: 'Runbook' },
    { href: webAddress(consoleUrl), text: 'Console' },
  ].filter(({ href }) => href !== null);
}

/** In PagerDuty's table of details an empty row says nothing. */
function withoutNothing(details: JsonObject): JsonObject {
  const says = (value: JsonValue): boolean =>
    value !== null && value !== '' && !(typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(details).filter(([, value]) => says(value)));
}

/** What has no limit of its own gives way, so that whoever is on call is called at all. */
function withinLimit(event: JsonObject & { readonly payload: JsonObject }): string {
  const whole = JSON.stringify(event);
  if (Buffer.byteLength(whole) <= mostBytes) return whole;
  const custom_details = { error: 'The details are left out: with them the event is over 512 KB.' };
  return JSON.stringify({ ...event, payload: { ...event.payload, custom_details } });
}
