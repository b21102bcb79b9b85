import { catalogEntry, type RecordedEventName } from './catalog.ts';

/** A payload as some earlier release wrote it; which one is for the upcaster to know. */
export type OldPayload = Readonly<Record<string, unknown>>;

/** Makes of a payload of one version one of the next. Pure; it gets only what that version's schema allowed. */
export type Upcaster = (old: OldPayload) => OldPayload;

/** By event, then by the version it starts from: `{ 'task.completed': { 1: (old) => … } }` leads from 1 to 2. */
export type Upcasters = Readonly<Record<string, Readonly<Record<number, Upcaster>>>>;

/**
 * Old payloads to new, one version at a time, so that a release adds a step and never touches the older ones. Whoever
 * raises an event's `schemaVersion` adds one here; tests fail until it is done.
 */
export const upcasters: { readonly [Name in RecordedEventName]?: Readonly<Record<number, Upcaster>> } = {
  // Nobody measured how long the event loop had stood still meanwhile.
  'step.completed': { 1: (old) => old },
  'step.failed': { 1: (old) => old },
};

interface Versioned {
  readonly name: string;
  readonly schemaVersion: number;
}

/**
 * The event as today's catalog describes it. One that is newer than this release, or of a name that it does not know,
 * is given as it was written: nobody here could say more of it.
 */
export function upcast<Event extends Versioned & { readonly payload: unknown }>(
  event: Event,
  today: number = catalogEntry(event.name)?.schemaVersion ?? event.schemaVersion,
  table: Upcasters = upcasters,
): Event {
  if (event.schemaVersion >= today) return event;
  const steps = table[event.name];
  let payload = event.payload as OldPayload;
  for (let version = event.schemaVersion; version < today; version += 1) {
    const step = steps?.[version];
    if (step === undefined)
      throw new Error(`no upcaster leads '${event.name}' from version ${version} to ${version + 1}`);
    payload = step(payload);
  }
  return { ...event, schemaVersion: today, payload };
}
