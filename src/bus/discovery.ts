import type { DirectoryEntry, EventDirectory } from '../events/event-directory.ts';
import { type PayloadField, payloadFields } from '../events/payload-fields.ts';
import { suggestion } from '../tasks/nearest-name.ts';
import { TaskerError } from '../shared/errors.ts';
import type { Bus, Listening } from './bus.ts';

/** One event in detail. */
export interface EventDescription {
  readonly entry: DirectoryEntry;
  readonly fields: readonly PayloadField[];
  /** In this process, now. */
  readonly listeners: readonly Listening[];
  /** Names of the durable subscribers that this process is configured with and that handle it. */
  readonly subscribers: readonly string[];
}

/** The system's events, and those that this process's templates declare (`kind: 'custom'`). */
export interface Discovery {
  all(): readonly DirectoryEntry[];
  /** `task`, `step`, `observability.task`, `custom`, … */
  namespace(name: string): readonly DirectoryEntry[];
  /** Those that a name or a pattern (`step.*`, `*`) means. */
  matching(pattern: string): readonly DirectoryEntry[];
  /** Those whose name or meaning has every word. */
  search(text: string): readonly DirectoryEntry[];
  /** @throws TaskerError `TASKER_REQUEST_INVALID` for a name that no event has. */
  describe(name: string): EventDescription;
}

export function discovery(
  directory: EventDirectory,
  bus: Bus,
  subscribersOf: (event: string) => readonly string[],
): Discovery {
  return {
    all: () => directory.all(),
    namespace: (name) => directory.inNamespace(name),
    matching: (pattern) => directory.matching(pattern),
    search: (text) => directory.search(text),
    describe(name) {
      const entry = directory.find(name);
      if (entry === undefined) throw unknownEvent(directory, name);
      const listeners = bus.listeningTo(entry.name);
      return { entry, fields: payloadFields(entry), listeners, subscribers: subscribersOf(entry.name) };
    },
  };
}

/** For a name, or a pattern, that no event has. */
export function unknownEvent(directory: EventDirectory, name: string): TaskerError {
  const near = suggestion(
    name,
    directory.all().map((entry) => entry.name),
  );
  return new TaskerError(
    'TASKER_REQUEST_INVALID',
    `No event is called '${name}'${near}. Expected a name of the catalog, one with a wildcard as in 'step.*', or '*'; 'tasker catalog' lists them.`,
  );
}
