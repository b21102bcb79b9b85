import type { LoggedEvent } from '../../../events/envelope.ts';
import type { JsonValue } from '../../../shared/json.ts';
import { asLabel } from '../../business-metrics/as-label.ts';

/** Always told apart: a new version that fails alone is the first thing to know. */
export const versionField = 'version';
const mostGroups = 2000;
/** Customers beyond the limit: hit or not, nothing is said of who they are. */
const unknownGroup = 0;

/** By which customers attempts are told apart: each combination of values of the scope fields is one group. */
export class CustomerGroups {
  readonly fields: readonly string[];
  readonly #indexOf = new Map<string, number>();
  #groups: (readonly string[])[];

  constructor(scopeFields: readonly string[]) {
    this.fields = [...scopeFields.filter((field) => field !== versionField), versionField];
    this.#groups = [this.fields.map(() => '')];
  }

  of({ business = {}, version = '' }: LoggedEvent): number {
    const values = this.fields.map((field) => (field === versionField ? version : asLabel(business[field])));
    const key = JSON.stringify(values);
    const known = this.#indexOf.get(key);
    if (known !== undefined) return known;
    if (this.#groups.length >= mostGroups) return unknownGroup;
    return this.#add(values, key);
  }

  /** In the order of the fields; empty for what is not known. */
  values(group: number): readonly string[] {
    return this.#groups[group] ?? this.#groups[unknownGroup] ?? [];
  }

  encode(): JsonValue {
    return { fields: [...this.fields], groups: this.#groups.map((values) => [...values]) };
  }

  /** False: other fields are asked for now, and what was kept by group means nothing any more. */
  restore(stored: JsonValue): boolean {
    const { fields, groups } = stored as { fields: string[]; groups: string[][] };
    if (String(fields) !== String(this.fields)) return false;
    this.#groups = [this.#groups[0] ?? []];
    for (const values of groups.slice(1)) this.#add(values, JSON.stringify(values));
    return true;
  }

  #add(values: readonly string[], key: string): number {
    this.#groups.push(values);
    this.#indexOf.set(key, this.#groups.length - 1);
    return this.#groups.length - 1;
  }
}
