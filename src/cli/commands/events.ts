import { Option } from 'commander';

import { isEventName } from '../../events/catalog.ts';
import { customName, customNameProblem, isCustomName } from '../../events/custom-events.ts';
import type { EventPage, EventQuery } from '../../tasker.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { followLog } from '../follow-log.ts';
import { eventHeading, formatEventLine, toEventRow } from '../format/event-line.ts';
import { formatTable } from '../format/table.ts';
import { collect, parseCount, parseSince, sinceOption } from '../option-values.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

interface EventsOptions {
  readonly task?: string;
  readonly name?: readonly string[];
  readonly after?: number;
  readonly since?: string;
  readonly limit?: number;
  readonly follow?: true;
}

const LIMIT = 1000;
const MOST = 10_000;
const POLL_EVERY_MS = 200;

type Query = Omit<EventQuery, 'after' | 'limit'>;

export const eventsCommand = defineCommand<EventsOptions>({
  name: 'events',
  summary: 'read the log of recorded events, oldest first',
  whenToUse:
    "Use it to see what happened across tasks, or to hand the facts to another program. Positions never change: go on with --after where you stopped. 'tasker show TASK' puts one task's events into words.",
  examples: [
    ['tasker events --task 0199…', "one task's events"],
    ['tasker events --name step.failed --since 15m', 'what failed in the last quarter of an hour'],
    ['tasker events --follow', 'what is recorded from now on, by whichever process'],
    [
      'tasker events --follow --json --after 4200 | ./hand-over',
      'everything since a position and on: keep the position of the last line, to resume after it',
    ],
    ['tasker events --json --after 4200 | jq -r .name | sort | uniq -c', 'counts by name, from a position on'],
  ],
  options: [
    new Option('--task <id>', 'of this task'),
    new Option('--name <name>', 'of this name; may be given more than once').argParser(collect),
    new Option('--after <position>', 'only after this position').argParser((text) =>
      parseCount(text, 0, Number.MAX_SAFE_INTEGER),
    ),
    sinceOption(),
    new Option(
      '-n, --limit <count>',
      `at most so many (default: ${LIMIT}, up to ${MOST}; with --follow: no limit)`,
    ).argParser((text) => parseCount(text, 1, Number.MAX_SAFE_INTEGER)),
    new Option(
      '-f, --follow',
      'go on with each event as it is recorded, until Ctrl-C; without --after or --since from now on',
    ),
  ],
  run: readEvents,
});

async function readEvents(session: Session, _args: readonly string[], options: EventsOptions): Promise<ExitCode> {
  const { task, name, since, follow } = options;
  const names = name?.map(storedName);
  for (const unknown of (names ?? []).filter((given) => !isEventName(given) && !isCustomName(given)))
    session.warn(`no event is called '${unknown}'`);
  const query: Query = {
    ...(task !== undefined && { taskId: task }),
    ...(names !== undefined && { names }),
    ...(since !== undefined && { sinceMs: parseSince(since, session.io.now()) }),
  };
  return follow ? followEvents(session, query, options) : printEvents(session, query, options);
}

async function printEvents(
  session: Session,
  query: Query,
  { after = 0, limit = LIMIT }: EventsOptions,
): Promise<ExitCode> {
  if (limit > MOST) throw new UsageError(`--limit: expected at most ${MOST}, got ${limit}`);
  const page = await session.withClient((tasker) => tasker.events({ ...query, after, limit }));
  if (session.json) for (const event of page.events) session.print(`${JSON.stringify(event)}\n`);
  else printPage(session, page, limit);
  return exitCodes.ok.code;
}

async function followEvents(session: Session, query: Query, { after, limit }: EventsOptions): Promise<ExitCode> {
  // Asked for before anything else: from here on Ctrl-C is an end, not a failure.
  const signal = session.io.interruption();
  return session.withClient(async (tasker) => {
    const end = await tasker.lastPosition();
    if (after !== undefined && after > end)
      session.warn(`the log ends at position ${end}; is it the log that you followed to ${after}?`);
    let left = limit ?? Number.POSITIVE_INFINITY;
    let seen = after ?? (query.sinceMs === undefined ? end : 0);
    session.note(session.paintNote('dim', `following after position ${seen}; Ctrl-C ends it`));
    const position = await followLog(tasker, {
      query,
      after: seen,
      signal,
      pollEveryMs: POLL_EVERY_MS,
      onEvents: (events) => {
        for (const event of events.slice(0, left)) {
          session.print(session.json ? `${JSON.stringify(event)}\n` : formatEventLine(event, session.paint));
          seen = event.position;
        }
        left -= events.length;
        return left > 0 && session.io.stdout.open;
      },
    });
    session.note(session.paintNote('dim', `to go on: --follow --after ${Math.max(seen, position)}`));
    return exitCodes.ok.code;
  });
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
  session.print(formatTable(eventHeading, page.events.map(toEventRow), session.paint));
  if (page.events.length >= limit) session.note(session.paintNote('dim', `more: --after ${page.lastPosition}`));
}
