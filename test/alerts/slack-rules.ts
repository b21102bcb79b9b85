import { everyTextIsWellFormed } from './pagerduty-rules.ts';

// What Slack's documentation says of messages through incoming webhooks, as a check of one request.

interface Text {
  readonly type: string;
  readonly text: string;
  readonly verbatim?: boolean;
}
interface Block {
  readonly type: string;
  readonly text?: Text;
  readonly fields?: readonly Text[];
  readonly elements?: readonly Text[];
}

/** The only markup that a message of ours may have: a moment, and links to the runbook and the console. */
const ownMarkup = /<!date\^-?\d+\^[^|<>^]+\|[^|<>]+>|<https?:\/\/[^\s<>|]+\|(?:Runbook|Console)>/g;

/** What is wrong with a message; empty: nothing. */
export function slackFaults(body: string): readonly string[] {
  const message = JSON.parse(body) as { readonly text: string; readonly blocks: readonly Block[] };
  const faults: string[] = [];
  if (!everyTextIsWellFormed(message)) faults.push('text that is none');
  const { text, blocks } = message;
  if (text === '' || text.length > 4000) faults.push('no_text');
  if (blocks.length === 0 || blocks.length > 50) faults.push('too many blocks');
  if (body.length > 40_000) faults.push('too long');
  const all = blocks.flatMap((block) => [
    ...(block.text ? [block.text] : []),
    ...(block.fields ?? []),
    ...(block.elements ?? []),
  ]);
  if (all.reduce((sum, one) => sum + one.text.length, 0) > 12_000) faults.push('msg_blocks_too_long');
  for (const block of blocks) faults.push(...ofBlock(block));
  for (const one of [text, ...all.map((element) => element.text)]) faults.push(...ofMarkup(one));
  return faults;
}

function ofBlock({ type, text, fields, elements }: Block): readonly string[] {
  const within = (one: Text, most: number): boolean =>
    one.type === 'mrkdwn' && one.verbatim === true && one.text.trim() !== '' && one.text.length <= most;
  const faults: string[] = [];
  if (type === 'section' && text === undefined && fields === undefined) faults.push('an empty section');
  if (text !== undefined && !within(text, 3000)) faults.push('a section that is too long, or empty');
  if (fields !== undefined && (fields.length === 0 || fields.length > 10)) faults.push('too many fields');
  if (!(fields ?? []).every((field) => within(field, 2000))) faults.push('a field that is too long, or empty');
  if (elements !== undefined && (elements.length === 0 || elements.length > 10)) faults.push('too many elements');
  if (!(elements ?? []).every((element) => within(element, 3000))) faults.push('an element that is too long');
  return faults;
}

function ofMarkup(text: string): readonly string[] {
  const rest = text.replace(ownMarkup, '');
  const faults: string[] = [];
  if (/[<>]/.test(rest)) faults.push('markup that is not ours');
  if (/&(?!amp;|lt;|gt;)/.test(text)) faults.push('an ampersand that is not escaped');
  return faults;
}
