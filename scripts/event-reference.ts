// The event reference as Markdown, from the catalog alone: the generator writes it, a test compares it.
import { catalog, type CatalogEntry } from '../src/events/catalog.ts';
import { EventDirectory } from '../src/events/event-directory.ts';
import { payloadFields } from '../src/events/payload-fields.ts';

const introductions: Readonly<Record<string, string>> = {
  task: 'What happens to a task.',
  step: 'What happens to a step of a task, and to each attempt at it.',
  workflow: "How a workflow goes on: the engine's passes, and the facts from the workflow's side.",
  observability: "Timings and turning points under the names that Tasker's telemetry listens to.",
  handler:
    'Templates with their handlers. `createTasker` registers them: give `listeners` in its surroundings to hear of it.',
  plugin:
    'Sinks, and subscribers that come as a package. `createTasker` registers them: give `listeners` in its surroundings to hear of it.',
  sink: 'How deliveries to sinks go.',
  alert:
    'Incidents: what alert generation finds, and what operators say of it. Sinks that take alerts are told from these.',
  worker: 'Processes that run tasks.',
  subscriber: 'What durable subscribers record of themselves: lag, and events that they have set aside.',
};

export function renderEventReference(): string {
  const recorded = catalog.filter((entry) => entry.kind === 'recorded').length;
  const parts = [
    '# Events',
    '<!-- Made by `npm run docs` from src/events/. Do not edit. -->',
    `Every event there is: ${catalog.length}, of which ${recorded} are recorded. **Recorded** events are facts: written to the log in the transaction of the state change they tell of, once. **Live** events are narration: published in process after the commit, to whoever listens just then, and never stored. Count facts, never their echoes. \`tasker.\` ahead of a name is accepted wherever a name is.`,
    envelope,
    overview(),
    ...new EventDirectory().namespaces().map(renderNamespace),
  ];
  return `${parts.join('\n\n')}\n`;
}

const envelope = `## Envelope

Every event has, beside its payload: \`id\`, \`name\`, \`schemaVersion\`, \`occurredAt\` (milliseconds since the Unix epoch), \`position\` (its place in the log; null for live ones), \`taskId\`, \`step\`, \`attempt\`, \`causationId\` (the event or command that led to it), \`spanId\`, \`parentSpanId\`; and, if it is about a task, \`namespace\`, \`taskName\`, \`version\`, \`correlationId\`, \`traceId\` and \`business\`, the fields of the task's context that its template lets out.`;

function overview(): string {
  const rows = catalog.map(
    (entry) =>
      `| [\`${entry.name}\`](#${anchor(entry.name)}) | ${entry.kind} | ${entry.severity} | ${cell(entry.meaning)} |`,
  );
  return ['## All', '', '| event | kind | severity | when |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function renderNamespace(namespace: string): string {
  const introduction = introductions[namespace];
  if (introduction === undefined) throw new Error(`say in one sentence what '${namespace}.*' is about`);
  return [
    `## ${namespace}.*`,
    introduction,
    ...catalog.filter(({ name }) => name.startsWith(`${namespace}.`)).map(renderEntry),
  ].join('\n\n');
}

function renderEntry(entry: CatalogEntry): string {
  const echo = entry.kind === 'live' && entry.echoes !== null ? `, echo of \`${entry.echoes}\`` : '';
  return [
    `### ${entry.name}`,
    entry.meaning,
    `${entry.kind}${echo} · ${entry.severity} · schema version ${entry.schemaVersion}`,
    `**Fired by** ${entry.firedBy}`,
    fieldTable(entry),
    `\`\`\`json\n${JSON.stringify(entry.example, null, 2)}\n\`\`\``,
  ].join('\n\n');
}

function fieldTable(entry: CatalogEntry): string {
  const rows = payloadFields(entry).map(
    ({ name, type, required }) => `| \`${name}\` | \`${cell(type)}\` | ${required ? '' : 'optional'} |`,
  );
  return ['| payload | type | |', '| --- | --- | --- |', ...rows].join('\n');
}

/** As GitHub makes them of headings. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
