// What PagerDuty's documentation says of the Events API v2, as a check of one request. It shares no code with whoever
// sends: https://developer.pagerduty.com/docs/events-api-v2/overview, trigger-events and change-events.

type Fields = Readonly<Record<string, unknown>>;

const severities = ['critical', 'error', 'warning', 'info'];
const actions = ['trigger', 'acknowledge', 'resolve'];
const most = { summary: 1024, dedupKey: 255, bytes: 512_000 } as const;

/** What is wrong with a request, in PagerDuty's way of saying it; empty: nothing. */
export function pagerDutyFaults(path: string, body: Buffer): readonly string[] {
  if (body.byteLength > most.bytes) return ['Event is over 512 KB'];
  let event: Fields;
  try {
    event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Fields;
  } catch {
    return ['Event is not valid JSON in UTF-8'];
  }
  const faults: string[] = [];
  if (!everyTextIsWellFormed(event)) faults.push('Event holds text that is none');
  if (!isText(event['routing_key'], 32) || (event['routing_key'] as string).length !== 32)
    faults.push("Length of 'routing_key' is incorrect (should be 32 characters)");
  return [...faults, ...(path === '/v2/enqueue' ? ofAlert(event) : ofChange(event))];
}

function ofAlert(event: Fields): readonly string[] {
  const faults: string[] = [];
  const { event_action: action, dedup_key: key } = event;
  if (!actions.includes(action as string))
    faults.push("'event_action' is invalid (must be trigger, acknowledge, resolve)");
  if (key !== undefined && !isText(key, most.dedupKey)) faults.push("'dedup_key' is blank or too long");
  if (action !== 'trigger') return key === undefined ? [...faults, "'dedup_key' is missing"] : faults;
  const payload = fieldsOf(event['payload']);
  if (payload === null) return [...faults, "'payload' is missing"];
  if (!isText(payload['source'], 1024)) faults.push("'payload.source' is missing or blank");
  if (!severities.includes(payload['severity'] as string)) faults.push("'payload.severity' is invalid");
  for (const name of ['component', 'group', 'class'])
    if (payload[name] !== undefined && !isText(payload[name], 1024)) faults.push(`'payload.${name}' is invalid`);
  return [...faults, ...ofPayload(payload), ...ofLinks(event['links'])];
}

function ofChange(event: Fields): readonly string[] {
  const payload = fieldsOf(event['payload']);
  if (payload === null) return ["'payload' is missing"];
  return [...ofPayload(payload), ...ofLinks(event['links'])];
}

function ofPayload(payload: Fields): readonly string[] {
  const faults: string[] = [];
  const { summary, timestamp, custom_details: details } = payload;
  if (!isText(summary, most.summary) || /[\n\r]/.test(summary as string))
    faults.push("'payload.summary' is missing or too long");
  if (timestamp !== undefined && !(typeof timestamp === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(timestamp)))
    faults.push("'payload.timestamp' is invalid");
  if (details !== undefined && fieldsOf(details) === null) faults.push("'payload.custom_details' must be an object");
  return faults;
}

function ofLinks(links: unknown): readonly string[] {
  if (links === undefined) return [];
  const isLink = (link: unknown): boolean => {
    const href = fieldsOf(link)?.['href'];
    return typeof href === 'string' && URL.canParse(href) && /^https?:/.test(href);
  };
  return Array.isArray(links) && links.every(isLink) ? [] : ["'links' is invalid"];
}

function isText(value: unknown, mostCharacters: number): boolean {
  return typeof value === 'string' && value.trim() !== '' && Array.from(value).length <= mostCharacters;
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export function everyTextIsWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && everyTextIsWellFormed(inner));
}
