import type { z } from 'zod';

import { alertEvents } from './alert-events.ts';
import { handlerEvents } from './handler-events.ts';
import { observabilityEvents } from './observability-events.ts';
import { passEvents } from './pass-events.ts';
import { pluginEvents } from './plugin-events.ts';
import { stepEvents } from './step-events.ts';
import { sinkEvents } from './sink-events.ts';
import { subscriberEvents } from './subscriber-events.ts';
import { taskEvents } from './task-events.ts';
import { workerEvents } from './worker-events.ts';
import { workflowEvents } from './workflow-events.ts';

/** Everything that can happen, as values: names, meanings, payload schemas. All else about events derives from it. */
export const catalog = [
  ...taskEvents,
  ...stepEvents,
  ...workflowEvents,
  ...passEvents,
  ...observabilityEvents,
  ...handlerEvents,
  ...pluginEvents,
  ...workerEvents,
  ...sinkEvents,
  ...subscriberEvents,
  ...alertEvents,
] as const;

export type CatalogEntry = (typeof catalog)[number];
export type EventName = CatalogEntry['name'];
export type RecordedEventName = Extract<CatalogEntry, { readonly kind: 'recorded' }>['name'];
export type LiveEventName = Extract<CatalogEntry, { readonly kind: 'live' }>['name'];
export type TaskEventName = Extract<(typeof taskEvents)[number]['name'], RecordedEventName>;
export type StepEventName = Extract<(typeof stepEvents)[number]['name'], RecordedEventName>;
export type PayloadOf<Name extends EventName> = Payloads[Name];

// Looked up, not computed: so an event of one name is also an event of any of several.
type Payloads = { readonly [Entry in CatalogEntry as Entry['name']]: z.infer<Entry['payload']> };

const byName: ReadonlyMap<string, CatalogEntry> = new Map(catalog.map((entry) => [entry.name, entry]));

export function catalogEntry(name: string): CatalogEntry | undefined {
  return byName.get(name);
}

export function isEventName(name: string): name is EventName {
  return byName.has(name);
}
