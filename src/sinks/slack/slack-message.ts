import type { AlertIncident, AlertNotice } from '../../signals/alert.ts';
import { moneyInWords } from '../../signals/money.ts';
import { firstErrorOf, missedInWords, placeOf, whomOf } from '../alerts/incident-words.ts';
import { isoTime, shortLine, webAddress } from '../alerts/text.ts';

interface MarkdownText {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** Or Slack would look for addresses and names in what is no markup of ours. */
  readonly verbatim: true;
}

export interface SlackMessage {
  /** For notifications, and for whatever shows no blocks. */
  readonly text: string;
  readonly blocks: readonly {
    readonly type: 'section' | 'context';
    readonly text?: MarkdownText;
    readonly fields?: readonly MarkdownText[];
    readonly elements?: readonly MarkdownText[];
  }[];
}

// Slack takes 3000 characters in a section, 2000 in each of at most ten fields, 50 blocks; a message of about 13,000 in
// all has been refused. What people read on a phone is shorter than any of these.
const most = { summary: 1500, field: 400, action: 800, address: 1200 } as const;

/** One message that says it all; null for what Slack need not hear. Slack cannot change what it was told. */
export function slackMessage(notice: AlertNotice): SlackMessage | null {
  switch (notice.kind) {
    case 'repeat':
      return null;
    case 'summary': {
      const text = escaped(missedInWords(notice.missed), most.summary);
      return { text, blocks: [section(`ℹ️ ${text}\nThey are over; nobody need do anything.`)] };
    }
    case 'acknowledge':
    case 'resolve':
    case 'settle':
      return messageOf(notice.incident, lead(notice), [closing(notice)]);
    case 'trigger':
    case 'update':
      return messageOf(notice.incident, lead(notice), [factsOf(notice.incident), ...whatToDo(notice.incident)]);
  }
}

type Block = SlackMessage['blocks'][number];
type AboutOne = Extract<AlertNotice, { readonly incident: AlertIncident }>;

function messageOf(incident: AlertIncident, beginning: string, blocks: readonly Block[]): SlackMessage {
  const summary = escaped(incident.summary, most.summary);
  const links = linksOf(incident);
  return {
    text: `${beginning}: ${summary}`,
    blocks: [
      section(`*${beginning}* · ${escaped(incident.environment, 100)}\n${summary}`),
      ...blocks,
      ...(links === '' ? [] : [{ type: 'context', elements: [markdown(links)] } as const]),
    ],
  };
}

const signs = { critical: '🔴', error: '🟠', warning: '🟡', info: '🔵' } as const;

function lead({ kind, incident: { severity } }: AboutOne): string {
  switch (kind) {
    case 'acknowledge':
      return '👀 Acknowledged';
    case 'resolve':
      return '✅ Resolved';
    case 'settle':
      return '🧾 Resolved, and what it has cost';
    case 'update':
      return `${signs[severity]} Update, ${severity}`;
    default:
      return `${signs[severity]} ${severity.charAt(0).toUpperCase()}${severity.slice(1)}`;
  }
}

function factsOf(incident: AlertIncident): Block {
  const { cause, tasksHit, trend, sinceMs, lost, atRisk } = incident;
  const error = firstErrorOf(incident);
  const facts: readonly (readonly [string, string])[] = [
    ['Where', escaped(placeOf(incident), most.field)],
    ['Since', momentOf(sinceMs)],
    ['Hits', escaped(`${whomOf(incident)}; ${tasksHit} tasks, ${trend}`, most.field)],
    ['Cause', escaped(error === null ? cause : `${cause}: ${error}`, most.field)],
    ['Lost', escaped(moneyInWords(lost), most.field)],
    ['At risk', escaped(moneyInWords(atRisk), most.field)],
  ];
  const fields = facts.filter(([, value]) => value !== '').map(([name, value]) => markdown(`*${name}*\n${value}`));
  return { type: 'section', fields };
}

function whatToDo({ action }: AlertIncident): readonly Block[] {
  const text = escaped(action, most.action);
  return text === '' ? [] : [section(`*What to do*\n${text}`)];
}

function closing({ kind, atMs, incident }: AboutOne): Block {
  const { sinceMs, tasksHit, lost, atRisk } = incident;
  const money = [
    [moneyInWords(lost), 'lost'],
    [moneyInWords(atRisk), 'still at risk'],
  ].flatMap(([amount, what]) => (amount === '' ? [] : [`${amount} ${what}`]));
  const facts = [placeOf(incident), `${tasksHit} tasks hit`, ...money].join('; ');
  const beginnings = {
    resolve: `After ${durationOf(atMs - sinceMs)}: `,
    settle: 'More was lost than was known when it ended: ',
  };
  const beginning = kind === 'resolve' || kind === 'settle' ? beginnings[kind] : 'Somebody is at it: ';
  return section(`${beginning}${escaped(facts, most.summary)}`);
}

function linksOf({ runbookUrl, consoleUrl, exampleTask, exampleTrace }: AlertIncident): string {
  const link = (url: string | null, text: string): string[] => {
    const address = webAddress(url)?.replaceAll('|', '%7C') ?? '';
    return address === '' || address.length > most.address ? [] : [`<${escapedWhole(address)}|${text}>`];
  };
  const example = (what: string, id: string | null): string[] => (id === null ? [] : [`${what} ${escaped(id, 100)}`]);
  return [
    ...link(runbookUrl, 'Runbook'),
    ...link(consoleUrl, 'Console'),
    ...example('example task', exampleTask),
    ...example('trace', exampleTrace),
  ].join(' · ');
}

/** In the reader's own time zone. */
function momentOf(ms: number): string {
  const iso = isoTime(ms);
  return `<!date^${Math.floor(Date.parse(iso) / 1000)}^{date_short_pretty}, {time_secs}|${iso}>`;
}

function durationOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

const section = (text: string): Block => ({ type: 'section', text: markdown(text) });
const markdown = (text: string): MarkdownText => ({ type: 'mrkdwn', text, verbatim: true });

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escapedWhole = (text: string): string => text.replace(/[&<>]/g, (character) => entities[character] ?? '');

/** At most so many characters as Slack counts them, which is after escaping: no entity is cut in two. */
function escaped(text: string, mostCharacters: number): string {
  let result = '';
  for (const character of shortLine(text, mostCharacters)) {
    const next = entities[character] ?? character;
    if (result.length + next.length >= mostCharacters) return `${result}…`;
    result += next;
  }
  return result;
}
