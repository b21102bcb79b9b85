import type { CustomEventName } from './custom-events.ts';
import type { HeardName } from './envelope.ts';
import type { EventName } from './catalog.ts';

type Prefixes<Name extends string> = Name extends `${infer Head}.${infer Rest}`
  ? Head | `${Head}.${Prefixes<Rest>}`
  : never;

type BarePattern = EventName | `${Prefixes<EventName>}.*` | CustomEventName | '*';

/** A name, everything below a prefix (`step.*`), or everything (`*`); Tasker's own `tasker.` ahead of it is accepted. */
export type EventPattern = BarePattern | `tasker.${BarePattern}`;

/** The names that a pattern matches. */
export type MatchedName<Pattern extends string> = Pattern extends `tasker.${infer Bare}`
  ? MatchedName<Bare>
  : Pattern extends '*'
    ? HeardName
    : Pattern extends CustomEventName
      ? CustomEventName
      : Pattern extends `${infer Prefix}.*`
        ? Extract<EventName, `${Prefix}.${string}`>
        : Extract<EventName, Pattern>;

export function withoutAlias(pattern: string): string {
  return pattern.startsWith('tasker.') ? pattern.slice('tasker.'.length) : pattern;
}

/** `pattern` without its alias. */
export function matches(pattern: string, name: string): boolean {
  return pattern === '*' || pattern === name || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1)));
}
