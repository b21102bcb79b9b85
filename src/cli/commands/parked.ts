import { Option } from 'commander';

import type { StoredParkedEvent } from '../../tasker.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { printable, shorten } from '../format/printable.ts';
import { formatTable, type CellInput } from '../format/table.ts';
import { formatTime } from '../format/time.ts';
import { parseCount } from '../option-values.ts';
import type { Session } from '../session.ts';
import { askOfSubscriber } from '../subscriber-action.ts';
import { UsageError } from '../usage-error.ts';

interface ParkedOptions {
  readonly retry?: true;
  readonly drop?: true;
  readonly position?: number;
}

const MESSAGE_COLUMNS = 80;

export const parkedCommand = defineCommand<ParkedOptions>({
  name: 'parked',
  arguments: '[subscriber]',
  summary: 'show, retry or drop the events that subscribers have set aside',
  whenToUse:
    'Use it when a subscriber failed at events. Mend its code first, then hand them to it again with --retry; --drop gives them up: they will never be counted. Without --position both mean all that the subscriber has parked.',
  examples: [
    ['tasker parked', 'everything that is parked, with its errors'],
    ['tasker parked sales --retry', 'all of one subscriber, again'],
    ['tasker parked sales --drop --position 4201', 'one event is given up'],
  ],
  options: [
    new Option('--retry', 'hand them to the subscriber again').conflicts('drop'),
    new Option('--drop', 'give them up'),
    new Option('--position <position>', 'only the event of this position').argParser((text) =>
      parseCount(text, 1, Number.MAX_SAFE_INTEGER),
    ),
  ],
  run: parked,
});

async function parked(
  session: Session,
  [name]: readonly string[],
  { retry, drop, position }: ParkedOptions,
): Promise<ExitCode> {
  if (retry !== true && drop !== true) return show(session, name, position);
  if (name === undefined)
    throw new UsageError('expected the name of a subscriber', ["'tasker subscribers' lists them"]);
  return askOfSubscriber(
    session,
    (tasker) => (retry === true ? tasker.retryParked(name, position) : tasker.dropParked(name, position)),
    ({ settled, failed }) =>
      `${settled.length} ${retry === true ? 'handled' : 'given up'}${failed.length === 0 ? '' : `, ${failed.length} failed again`}`,
  );
}

async function show(session: Session, name: string | undefined, position: number | undefined): Promise<ExitCode> {
  const all = await session.withClient((tasker) => tasker.parked(name));
  const events = all.filter((event) => position === undefined || event.position === position);
  if (session.json) session.printJson(events);
  else if (events.length === 0) session.note('nothing is parked');
  else {
    const heading = ['SUBSCRIBER', 'POSITION', 'EVENT', 'TASK', 'SINCE', 'TRIED', 'WHY'];
    session.print(formatTable(heading, events.map(toRow), session.paint));
  }
  return exitCodes.ok.code;
}

function toRow(event: StoredParkedEvent): CellInput[] {
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
