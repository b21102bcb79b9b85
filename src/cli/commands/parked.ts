import { Option } from 'commander';

import type { ParkedOutcome, ParkedPage, ParkedQuery, SubscriberStatus } from '../../tasker.ts';
import { TaskerError } from '../../shared/errors.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { printable, shorten } from '../format/printable.ts';
import { formatTable, type CellInput } from '../format/table.ts';
import { formatTime } from '../format/time.ts';
import { limitOption, parseCount } from '../option-values.ts';
import type { Session } from '../session.ts';
import { askOfEngine } from '../subscriber-action.ts';
import { UsageError } from '../usage-error.ts';

interface ParkedOptions {
  readonly retry?: true;
  readonly drop?: true;
  readonly position?: number;
  readonly limit: number;
  readonly after?: string;
}

const MESSAGE_COLUMNS = 80;
const POSITIONS_SHOWN = 10;

export const parkedCommand = defineCommand<ParkedOptions>({
  name: 'parked',
  arguments: '[subscriber]',
  summary: 'show, retry or drop the events that subscribers have set aside',
  whenToUse:
    'Use it when a subscriber failed at events. Mend its code first, then hand them to it again with --retry; --drop gives them up: they will never be counted. Without --position both mean all that the subscriber has parked.',
  examples: [
    ['tasker parked', 'everything that is parked, with its errors'],
    ["tasker parked --json --limit 1000 | jq '.total'", 'how many there are, for a script'],
    ['tasker parked sales --retry', 'all of one subscriber, again'],
    ['tasker parked sales --drop --position 4201', 'one event is given up'],
  ],
  options: [
    new Option('--retry', 'hand them to the subscriber again').conflicts('drop'),
    new Option('--drop', 'give them up'),
    new Option('--position <position>', 'only the event of this position').argParser((text) =>
      parseCount(text, 1, Number.MAX_SAFE_INTEGER),
    ),
    limitOption(100, 1000).conflicts(['retry', 'drop']),
    new Option('--after <cursor>', "the next page: what the page before named as 'next'").conflicts(['retry', 'drop']),
  ],
  run: parked,
});

async function parked(
  session: Session,
  [name]: readonly string[],
  { retry, drop, position, limit, after }: ParkedOptions,
): Promise<ExitCode> {
  if (retry !== true && drop !== true) {
    const query = { limit, ...(position !== undefined && { position }), ...(after !== undefined && { after }) };
    return show(session, name, query);
  }
  if (name === undefined)
    throw new UsageError('expected the name of a subscriber', ["'tasker subscribers' lists them"]);
  return askOfEngine(
    session,
    (tasker) => (retry === true ? tasker.retryParked(name, position) : tasker.dropParked(name, position)),
    (outcome) => told(outcome, retry === true ? 'handled' : 'given up'),
  );
}

function told({ settled, failed, gone }: ParkedOutcome, what: string): string {
  const parts = [`${settled.length} ${what}`];
  if (failed.length > 0) parts.push(`${failed.length} failed again`);
  if (gone.length > 0) {
    const shown = gone.slice(0, POSITIONS_SHOWN).join(', ');
    const more = gone.length > POSITIONS_SHOWN ? ', …' : '';
    parts.push(`${gone.length} no longer in the log (${shown}${more}): give them up with --drop --position`);
  }
  return parts.join(', ');
}

async function show(session: Session, name: string | undefined, query: ParkedQuery): Promise<ExitCode> {
  const page = await session.withClient(async (tasker) => {
    const found = await tasker.parked(name, query);
    if (name !== undefined && found.total === 0) requireKnown(name, await tasker.subscribers());
    return found;
  });
  if (session.json) session.printJson(page);
  else if (page.events.length === 0) session.note('nothing is parked');
  else printPage(session, page);
  return exitCodes.ok.code;
}

/** That nothing is parked is good news: not to be had by a slip of the pen. */
function requireKnown(name: string, known: readonly SubscriberStatus[]): void {
  const names = known.map((one) => one.name);
  if (names.includes(name)) return;
  throw new TaskerError(
    'TASKER_SUBSCRIBER_NOT_FOUND',
    `The store knows no subscriber '${name}'; it knows ${names.join(', ') || 'none'}.`,
  );
}

function printPage(session: Session, { events, total, next }: ParkedPage): void {
  const heading = ['SUBSCRIBER', 'POSITION', 'EVENT', 'TASK', 'SINCE', 'TRIED', 'WHY'];
  session.print(formatTable(heading, events.map(toRow), session.paint));
  if (next !== null)
    session.note(session.paintNote('dim', `${events.length} of ${total} are shown; more: --after ${next}`));
}

function toRow(event: ParkedPage['events'][number]): CellInput[] {
  const { subscriber, position, eventName, taskId, parkedAt, attempts, error } = event;
  const why = error === null ? 'waits behind an event of its task' : `${error.type}: ${error.message}`;
  return [
    { text: subscriber, style: 'bold' },
    { text: String(position), align: 'right' },
    eventName,
    taskId ?? '',
    formatTime(parkedAt),
    { text: String(attempts), align: 'right' },
    { text: shorten(printable(why), MESSAGE_COLUMNS), style: error === null ? 'dim' : 'red' },
  ];
}
