import type { z } from 'zod';

import { engineEvents } from './engine-events.ts';
import { stepEvents } from './step-events.ts';
import { subscriberEvents } from './subscriber-events.ts';
import { taskEvents } from './task-events.ts';

/** Everything that can happen, as values: names, meanings, payload schemas. All else about events derives from it. */
export const catalog = [...taskEvents, ...stepEvents, ...engineEvents, ...subscriberEvents] as const;

export type CatalogEntry = (typeof catalog)[number];
export type EventName = CatalogEntry['name'];
export type RecordedEventName = Extract<CatalogEntry, { readonly kind: 'recorded' }>['name'];
export type TaskEventName = (typeof taskEvents)[number]['name'];
export type StepEventName = (typeof stepEvents)[number]['name'];
export type EngineEventName = (typeof engineEvents)[number]['name'];
export type PayloadOf<Name extends EventName> = z.infer<Extract<CatalogEntry, { name: Name }>['payload']>;

const byName: ReadonlyMap<string, CatalogEntry> = new Map(catalog.map((entry) => [entry.name, entry]));

export function catalogEntry(name: string): CatalogEntry | undefined {
  return byName.get(name);
}

export function isEventName(name: string): name is EventName {
  return byName.has(name);
}
