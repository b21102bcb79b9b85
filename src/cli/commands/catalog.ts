import { type DirectoryEntry, EventDirectory } from '../../events/event-directory.ts';
import { payloadFields, payloadSchema } from '../../events/payload-fields.ts';
import { isTaskerError } from '../../shared/errors.ts';
import { declaredEvents } from '../../tasks/declared-events.ts';
import { readConfiguredTemplates } from '../configured-templates.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatRows, formatTable } from '../format/table.ts';
import type { Session } from '../session.ts';

export const catalogCommand = defineCommand<object>({
  name: 'catalog',
  arguments: '[search...]',
  summary: 'which events there are, and what each means',
  whenToUse:
    'Use it to find the event to listen to. It needs no configuration and no store; with a configuration it also knows the events that its templates declare. Words search names and meanings, a namespace lists what is in it, and a full name shows one event with its payload and an example.',
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
  const directory = await knownEvents(session);
  const one = directory.find(text);
  if (one !== undefined) {
    if (session.json) session.printJson(inDetail(one));
    else printEntry(session, one);
    return exitCodes.ok.code;
  }
  const found = isNamespace(directory, text) ? directory.inNamespace(text) : directory.search(text);
  if (session.json) session.printJson({ events: found.map(inShort) });
  else if (found.length === 0) session.note(`no event says '${text}'`);
  else printList(session, found);
  return exitCodes.ok.code;
}

async function knownEvents(session: Session): Promise<EventDirectory> {
  const directory = new EventDirectory();
  try {
    const templates = await readConfiguredTemplates(await session.loadConfig(), session.io);
    directory.declare(declaredEvents(templates.flatMap(({ registration }) => registration?.template ?? [])));
  } catch (error) {
    if (!isTaskerError(error)) throw error;
    if (error.code !== 'TASKER_CONFIG_NOT_FOUND')
      session.warn(`without the events of your templates: ${error.message}`);
  }
  return directory;
}

function isNamespace(directory: EventDirectory, text: string): boolean {
  return directory.namespaces().includes(text) || (text.endsWith('.*') && directory.inNamespace(text).length > 0);
}

function inShort({ name, kind, severity, meaning }: DirectoryEntry) {
  return { name, kind, severity, meaning };
}

function inDetail(entry: DirectoryEntry) {
  return {
    ...inShort(entry),
    firedBy: entry.firedBy,
    echoes: entry.kind === 'live' ? entry.echoes : null,
    schemaVersion: entry.schemaVersion,
    payload: payloadSchema(entry),
    example: entry.example,
  };
}

function printList(session: Session, entries: readonly DirectoryEntry[]): void {
  const rows = entries.map(({ name, kind, meaning }) => [
    { text: name, style: 'bold' } as const,
    { text: kind, ...(kind === 'live' && ({ style: 'dim' } as const)) },
    meaning,
  ]);
  session.print(formatTable(['EVENT', 'KIND', 'WHEN'], rows, session.paint));
}

function printEntry(session: Session, entry: DirectoryEntry): void {
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
