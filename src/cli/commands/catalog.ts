import type { CatalogEntry } from '../../events/catalog.ts';
import {
  eventNamespaces,
  eventsIn,
  findEvent,
  payloadFields,
  payloadSchema,
  searchEvents,
} from '../../events/discover.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatRows, formatTable } from '../format/table.ts';
import type { Session } from '../session.ts';

export const catalogCommand = defineCommand<object>({
  name: 'catalog',
  arguments: '[search...]',
  summary: 'which events there are, and what each means',
  whenToUse:
    'Use it to find the event to listen to. It needs no configuration and no store: words search names and meanings, a namespace lists what is in it, and a full name shows one event with its payload and an example.',
  examples: [
    ['tasker catalog', 'all events'],
    ['tasker catalog step', 'those about steps'],
    ['tasker catalog deadline passed', 'those whose name or meaning has both words'],
    ['tasker catalog task.completed', 'one in detail'],
  ],
  options: [],
  run: showCatalog,
});

async function showCatalog(session: Session, args: readonly string[]): Promise<ExitCode> {
  const text = args.join(' ');
  const one = findEvent(text);
  if (one !== undefined) {
    if (session.json) session.printJson(inDetail(one));
    else printEntry(session, one);
    return exitCodes.ok.code;
  }
  const found = isNamespace(text) ? eventsIn(text) : searchEvents(text);
  if (session.json) session.printJson({ events: found.map(inShort) });
  else if (found.length === 0) session.note(`no event says '${text}'`);
  else printList(session, found);
  return exitCodes.ok.code;
}

function isNamespace(text: string): boolean {
  return eventNamespaces().includes(text) || (text.endsWith('.*') && eventsIn(text).length > 0);
}

function inShort({ name, kind, severity, meaning }: CatalogEntry) {
  return { name, kind, severity, meaning };
}

function inDetail(entry: CatalogEntry) {
  return {
    ...inShort(entry),
    firedBy: entry.firedBy,
    echoes: entry.kind === 'live' ? entry.echoes : null,
    schemaVersion: entry.schemaVersion,
    payload: payloadSchema(entry),
    example: entry.example,
  };
}

function printList(session: Session, entries: readonly CatalogEntry[]): void {
  const rows = entries.map(({ name, kind, meaning }) => [
    { text: name, style: 'bold' } as const,
    { text: kind, ...(kind === 'live' && ({ style: 'dim' } as const)) },
    meaning,
  ]);
  session.print(formatTable(['EVENT', 'KIND', 'WHEN'], rows, session.paint));
}

function printEntry(session: Session, entry: CatalogEntry): void {
  const echo = entry.kind === 'live' && entry.echoes !== null ? `, echo of ${entry.echoes}` : '';
  session.print(`${session.paint('bold', entry.name)}\n${entry.meaning}\n\n`);
  const facts: [string, string][] = [
    ['kind', `${entry.kind}${echo}`],
    ['severity', entry.severity],
    ['version', String(entry.schemaVersion)],
    ['fired by', entry.firedBy],
  ];
  session.print(formatRows(facts, session.paint));
  session.print('\npayload\n');
  const fields = payloadFields(entry).map(({ name, type, required }) => [`  ${name}${required ? '' : '?'}`, type]);
  session.print(formatRows(fields, session.paint));
  session.print(`\nexample\n${JSON.stringify(entry.example, null, 2).replace(/^/gm, '  ')}\n`);
}
