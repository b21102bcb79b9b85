import { catalog, catalogEntry, type RecordedEventName } from '../events/catalog.ts';
import type { RecordedEvent } from '../events/envelope.ts';
import { matches, withoutAlias } from '../events/pattern.ts';
import { suggestion } from '../tasks/nearest-name.ts';

type NamespaceOf<Name extends string> = Name extends `${infer First}.${string}` ? First : never;
type Bare = RecordedEventName | `${NamespaceOf<RecordedEventName>}.*` | '*';

/** What a subscriber may name: a recorded event, all of a namespace, or all; `tasker.` before it changes nothing. */
export type RecordedPattern = Bare | `tasker.${Bare}`;

type Each<Name extends RecordedEventName> = Name extends RecordedEventName ? RecordedEvent<Name> : never;

/** The events that a pattern means, told apart by their `name`. */
export type EventsOf<Pattern extends string> = Pattern extends `tasker.${infer Rest}`
  ? EventsOf<Rest>
  : Pattern extends '*'
    ? Each<RecordedEventName>
    : Pattern extends `${infer Namespace}.*`
      ? Each<Extract<RecordedEventName, `${Namespace}.${string}`>>
      : Each<Extract<RecordedEventName, Pattern>>;

export const recordedNames: readonly string[] = catalog
  .filter(({ kind }) => kind === 'recorded')
  .map(({ name }) => name);

const patterns: readonly string[] = [
  ...recordedNames,
  ...new Set(recordedNames.map((name) => `${name.split('.')[0]}.*`)),
  '*',
];

/** The recorded names that a pattern means, or what is wrong with it. */
export function expandPattern(pattern: string): { readonly names: readonly string[] } | { readonly problem: string } {
  const bare = withoutAlias(pattern);
  if (bare.endsWith('*')) {
    const names = recordedNames.filter((name) => matches(bare, name));
    if (names.length > 0) return { names };
  } else {
    const entry = catalogEntry(bare);
    if (entry?.kind === 'recorded') return { names: [bare] };
    if (entry !== undefined)
      return {
        problem: `'${pattern}' is a live event: it is never stored, so a subscriber cannot follow it; listen with tasker.on`,
      };
  }
  return { problem: `there is no recorded event '${pattern}'${suggestion(bare, patterns)}` };
}

/** The more exactly a pattern names an event, the higher. */
export function exactness(pattern: string): number {
  if (!pattern.endsWith('*')) return 2;
  return pattern === '*' || pattern === 'tasker.*' ? 0 : 1;
}
