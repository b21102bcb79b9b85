import type { LoggedEvent, RecordedEvent, RecordedEventName } from '../tasker.ts';

/** Each recorded event with its own payload: the name tells which it is. */
export type ToldEvent = { readonly [Name in RecordedEventName]: RecordedEvent<Name> }[RecordedEventName];

/** null for an event of the users' own, which says nothing here. */
export function toldEvent(event: LoggedEvent): ToldEvent | null {
  return event.name.startsWith('custom.') ? null : (event as ToldEvent);
}

/** A field that the template lets out, as text; empty where there is none. */
export function businessText({ business }: ToldEvent, field: string): string {
  const value = business?.[field];
  return typeof value === 'string' ? value : '';
}
