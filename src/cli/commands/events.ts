import { Option } from 'commander';

import { isEventName } from '../../events/catalog.ts';
import { customName, customNameProblem, isCustomName } from '../../events/custom-events.ts';
import type { EventPage, EventQuery, LoggedEvent } from '../../tasker.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { printable, shorten } from '../format/printable.ts';
import { formatTable, type CellInput } from '../format/table.ts';
import { formatTime } from '../format/time.ts';
import { collect, limitOption, parseCount, parseSince, sinceOption } from '../option-values.ts';
import type { Session } from '../session.ts';

interface EventsOptions {
  readonly task?: string;
  readonly name?: readonly string[];
  readonly after: number;
  readonly since?: string;
  readonly limit: number;
}

const PAYLOAD_COLUMNS = 100;

export const eventsCommand = defineCommand<EventsOptions>({
  name: 'events',
  summary: 'read the log of recorded events, oldest first',
  whenToUse:
    "Use it to see what happened across tasks, or to hand the facts to another program. Positions never change: go on with --after where you stopped. 'tasker show TASK' puts one task's events into words.",
  examples: [
    ['tasker events --task 0199…', "one task's events"],
    ['tasker events --name step.failed --since 15m', 'what failed in the last quarter of an hour'],
    ['tasker events --json --after 4200 | jq -r .name | sort | uniq -c', 'counts by name, from a position on'],
  ],
  options: [
    new Option('--task <id>', 'of this task'),
    new Option('--name <name>', 'of this name; may be given more than once').argParser(collect),
    new Option('--after <position>', 'only after this position')
      .default(0)
      .argParser((text) => parseCount(text, 0, Number.MAX_SAFE_INTEGER)),
    sinceOption(),
    limitOption(1000, 10_000),
  ],
  run: readEvents,
});

async function readEvents(session: Session, _args: readonly string[], options: EventsOptions): Promise<ExitCode> {
  const { task, name, after, since, limit } = options;
  const names = name?.map(storedName);
  for (const unknown of (names ?? []).filter((given) => !isEventName(given) && !isCustomName(given)))
    session.warn(`no event is called '${unknown}'`);
  const query: EventQuery = {
    after,
    limit,
    ...(task !== undefined && { taskId: task }),
    ...(names !== undefined && { names }),
    ...(since !== undefined && { sinceMs: parseSince(since, session.io.now()) }),
  };
  const page = await session.withClient((tasker) => tasker.events(query));
  if (session.json) for (const event of page.events) session.print(`${JSON.stringify(event)}\n`);
  else printPage(session, page, limit);
  return exitCodes.ok.code;
}

/** Custom events may be named as they are declared. */
function storedName(name: string): string {
  return isEventName(name) || customNameProblem(name) !== null ? name : customName(name);
}

function printPage(session: Session, page: EventPage, limit: number): void {
  if (page.events.length === 0) {
    session.note('no events');
    return;
  }
  const heading = ['POSITION', 'TIME', 'EVENT', 'TASK', 'STEP', 'PAYLOAD'];
  session.print(formatTable(heading, page.events.map(toRow), session.paint));
  if (page.events.length >= limit) session.note(session.paintNote('dim', `more: --after ${page.lastPosition}`));
}

function toRow(event: LoggedEvent): CellInput[] {
  const step = event.step === null ? '' : event.attempt === null ? event.step : `${event.step} #${event.attempt}`;
  return [
    { text: String(event.position), align: 'right' },
    formatTime(event.occurredAt),
    { text: event.name, style: 'bold' },
    event.taskId ?? '',
    step,
    { text: shorten(printable(JSON.stringify(event.payload)), PAYLOAD_COLUMNS), style: 'dim' },
  ];
}
