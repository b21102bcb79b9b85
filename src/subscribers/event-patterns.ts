import type { RecordedEventName } from '../events/catalog.ts';
import type { CustomEventName } from '../events/custom-events.ts';
import type { CustomEvent, EachRecorded } from '../events/envelope.ts';
import type { DirectoryEntry, EventDirectory } from '../events/event-directory.ts';
import { withoutAlias } from '../events/pattern.ts';
import { suggestion } from '../tasks/nearest-name.ts';

type NamespaceOf<Name extends string> = Name extends `${infer First}.${string}` ? First : never;
type Bare = RecordedEventName | `${NamespaceOf<RecordedEventName>}.*` | CustomEventName | '*';

const customPrefix = 'custom.';

/** What a subscriber may name: a recorded event, all of a namespace, or all; `tasker.` before it changes nothing. */
export type RecordedPattern = Bare | `tasker.${Bare}`;

/** The events that a pattern means, told apart by their `name`. */
export type EventsOf<Pattern extends string> = Pattern extends `tasker.${infer Rest}`
  ? EventsOf<Rest>
  : Pattern extends '*'
    ? EachRecorded | CustomEvent
    : Pattern extends CustomEventName
      ? CustomEvent
      : Pattern extends `${infer Namespace}.*`
        ? EachRecorded<Extract<RecordedEventName, `${Namespace}.${string}`>>
        : EachRecorded<Extract<RecordedEventName, Pattern>>;

/** The names of stored events that a pattern means, or what is wrong with it. */
export function expandPattern(
  directory: EventDirectory,
  pattern: string,
): { readonly names: readonly string[] } | { readonly problem: string } {
  const found = directory.matching(pattern);
  const names = storedNames(found);
  if (names.length > 0) return { names };
  if (found.length > 0) {
    return {
      problem: `'${pattern}' is a live event: it is never stored, so a subscriber cannot follow it; listen with tasker.on`,
    };
  }
  return {
    problem: `there is no recorded event '${pattern}'${suggestion(withoutAlias(pattern), patterns(directory))}`,
  };
}

export function storedNames(entries: readonly DirectoryEntry[]): readonly string[] {
  return entries.filter(({ kind }) => kind !== 'live').map(({ name }) => name);
}

function patterns(directory: EventDirectory): readonly string[] {
  const names = storedNames(directory.all());
  return [...names, ...new Set(names.map((name) => `${name.split('.')[0]}.*`)), '*'];
}

/** The more exactly a pattern names these events, the higher. Custom events may be written without their prefix. */
export function exactness(pattern: string, names: readonly string[]): number {
  if (!pattern.endsWith('*')) return Number.POSITIVE_INFINITY;
  const bare = withoutAlias(pattern);
  const custom = names.every((name) => name.startsWith(customPrefix)) && !bare.startsWith(customPrefix);
  return bare.length + (custom ? customPrefix.length : 0);
}
