import { catalog, type CatalogEntry } from '../events/catalog.ts';
import { eventsIn, findEvent, type PayloadField, payloadFields, searchEvents } from '../events/discover.ts';
import { suggestion } from '../tasks/nearest-name.ts';
import { TaskerError } from '../shared/errors.ts';
import type { Bus, Listening } from './bus.ts';

/** One event in detail. */
export interface EventDescription {
  readonly entry: CatalogEntry;
  readonly fields: readonly PayloadField[];
  /** In this process, now. */
  readonly listeners: readonly Listening[];
}

export interface Discovery {
  all(): readonly CatalogEntry[];
  /** `task`, `step`, `observability.task`, … */
  namespace(name: string): readonly CatalogEntry[];
  /** Those whose name or meaning has every word. */
  search(text: string): readonly CatalogEntry[];
  /** @throws TaskerError `TASKER_REQUEST_INVALID` for a name that no event has. */
  describe(name: string): EventDescription;
}

export function discovery(bus: Bus): Discovery {
  return {
    all: () => catalog,
    namespace: eventsIn,
    search: searchEvents,
    describe(name) {
      const entry = findEvent(name);
      if (entry === undefined) throw unknownEvent(name);
      return { entry, fields: payloadFields(entry), listeners: bus.listeningTo(entry.name) };
    },
  };
}

/** For a name, or a pattern, that nothing in the catalog has. */
export function unknownEvent(name: string): TaskerError {
  const near = suggestion(
    name,
    catalog.map((entry) => entry.name),
  );
  return new TaskerError(
    'TASKER_REQUEST_INVALID',
    `No event is called '${name}'${near}. Expected a name of the catalog, one with a wildcard as in 'step.*', or '*'; 'tasker catalog' lists them.`,
  );
}
