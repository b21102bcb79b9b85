import { catalog } from './catalog.ts';

/**
 * Events of the users' own, declared in a template. They are recorded under Tasker's prefix `custom.`, so that no
 * name of theirs can ever meet one of the system's.
 */
export type CustomEventName = `custom.${string}`;

const prefix = 'custom.';
const shape = /^[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+$/;
const maxLength = 128;

/** What the system speaks of, now or in what is announced; `tasker` is the alias ahead of every name. */
const reserved: ReadonlySet<string> = new Set([
  ...catalog.map(({ name }) => name.slice(0, name.indexOf('.'))),
  'alert',
  'sink',
  'plugin',
  'tasker',
]);

export function isCustomName(name: string): name is CustomEventName {
  return name.startsWith(prefix);
}

/** As it is recorded; `declared` may bear the prefix already. */
export function customName(declared: string): CustomEventName {
  return isCustomName(declared) ? declared : `${prefix}${declared}`;
}

/** Why nothing may be declared under this name; null where it may. */
export function customNameProblem(declared: string): string | null {
  const bare = declared.startsWith(prefix) ? declared.slice(prefix.length) : declared;
  if (bare.length > maxLength) return `expected at most ${maxLength} characters, got ${bare.length}`;
  if (!shape.test(bare)) {
    return `expected a name with a namespace of your own, as in 'order.fulfilled' (letters, digits, _ and - between dots), got '${declared}'`;
  }
  const namespace = bare.slice(0, bare.indexOf('.'));
  if (!reserved.has(namespace.toLowerCase())) return null;
  return `'${namespace}.' is reserved for what the system itself says; choose a namespace of your own, as in 'order.fulfilled'`;
}
