import { catalog, type CatalogEntry } from './catalog.ts';
import { customName, type CustomEventName, isCustomName } from './custom-events.ts';
import { matches, withoutAlias } from './pattern.ts';

/** An event of the users' own, as one or several templates declare it. */
export interface CustomEntry {
  readonly kind: 'custom';
  /** As it is recorded, under the prefix `custom.`. */
  readonly name: CustomEventName;
  readonly meaning: string;
  readonly severity: 'info';
  /** `namespace.name@version`, and the step if it is declared for one alone. */
  readonly firedBy: string;
  readonly schemaVersion: 1;
  /** JSON Schema of the payload; null: it carries none. */
  readonly schema: Readonly<Record<string, unknown>> | null;
  /** The first of the schema's `examples`; null without. */
  readonly example: unknown;
}

export type DirectoryEntry = CatalogEntry | CustomEntry;

/**
 * Every event that can be named in one process: the system's own, and those that its templates declare. A name may be
 * given with Tasker's `tasker.` ahead of it, and a declared one without `custom.`.
 */
export class EventDirectory {
  #declared: readonly CustomEntry[] = [];
  /** False until the templates are known: till then any name of a custom event may yet be declared. */
  #complete = false;

  /** Called once, when all templates are known. */
  declare(entries: readonly CustomEntry[]): void {
    this.#declared = entries;
    this.#complete = true;
  }

  all(): readonly DirectoryEntry[] {
    return [...catalog, ...this.#declared];
  }

  find(name: string): DirectoryEntry | undefined {
    const bare = withoutAlias(name);
    const all = this.all();
    return all.find((entry) => entry.name === bare) ?? all.find((entry) => entry.name === customName(bare));
  }

  /** The first words of names: `task`, `step`, …, `custom`. */
  namespaces(): readonly string[] {
    return [...new Set(this.all().map(({ name }) => name.slice(0, name.indexOf('.'))))];
  }

  /** `task`, `observability.task`, `custom.order`, with or without `.*`. */
  inNamespace(namespace: string): readonly DirectoryEntry[] {
    const wanted = withoutAlias(namespace).replace(/\.\*?$/, '');
    return this.all().filter(({ name }) => name.startsWith(`${wanted}.`));
  }

  /** Those whose name or meaning has every word of the text. */
  search(text: string): readonly DirectoryEntry[] {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean).map(withoutAlias);
    return this.all().filter(({ name, meaning }) => {
      const told = `${name} ${meaning}`.toLowerCase();
      return words.every((word) => told.includes(word));
    });
  }

  /** The events that a name or a pattern (`step.*`, `*`) means. */
  matching(pattern: string): readonly DirectoryEntry[] {
    const bare = withoutAlias(pattern);
    const found = this.all().filter(({ name }) => matches(bare, name));
    return found.length > 0 ? found : this.all().filter(({ name }) => matches(customName(bare), name));
  }

  /** The pattern as names are matched with it; null when no event can ever match. */
  resolve(pattern: string): string | null {
    const bare = withoutAlias(pattern);
    if (isCustomName(bare) && (!this.#complete || bare === 'custom.*')) return bare;
    const [first] = this.matching(bare);
    if (first === undefined) return null;
    return matches(bare, first.name) ? bare : customName(bare);
  }
}
