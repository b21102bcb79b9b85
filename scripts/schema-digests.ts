// The shape of every recorded payload that was ever written, by event and version: kept so that none changes unseen.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { type CatalogEntry, catalog } from '../src/events/catalog.ts';

export type SchemaDigests = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const digestsFile = new URL('../test/fixtures/logs/schemas.json', import.meta.url);

export function keptDigests(): SchemaDigests {
  return JSON.parse(readFileSync(digestsFile, 'utf8')) as SchemaDigests;
}

/** Of the shape alone: the order of fields and the wording of descriptions do not count. */
export function schemaDigest(payload: CatalogEntry['payload']): string {
  const shape = JSON.stringify(z.toJSONSchema(payload), (key, value: unknown) => {
    if (key === 'description' && typeof value === 'string') return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
  return createHash('sha256').update(shape).digest('hex').slice(0, 16);
}

/** What is wrong with today's catalog, held against what was kept. */
export function brokenPromises(kept: SchemaDigests, entries: readonly CatalogEntry[] = catalog): readonly string[] {
  const recorded = entries.filter((entry) => entry.kind === 'recorded');
  const changed = recorded.flatMap(({ name, schemaVersion, payload }) => {
    const before = kept[name]?.[schemaVersion];
    return before === undefined || before === schemaDigest(payload)
      ? []
      : [
          `${name}: the payload of version ${schemaVersion} has changed. Raise schemaVersion and write an upcaster in src/events/upcast.ts`,
        ];
  });
  const gone = Object.keys(kept)
    .filter((name) => !recorded.some((entry) => entry.name === name))
    .map((name) => `${name}: is no longer a recorded event of the catalog, but logs hold it`);
  return [...changed, ...gone];
}

/** With today's versions; those that are kept already stay as they are. */
export function withToday(kept: SchemaDigests): SchemaDigests {
  const all: Record<string, Record<string, string>> = {};
  for (const [name, versions] of Object.entries(kept)) all[name] = { ...versions };
  for (const entry of catalog) {
    if (entry.kind !== 'recorded') continue;
    const versions = (all[entry.name] ??= {});
    versions[entry.schemaVersion] ??= schemaDigest(entry.payload);
  }
  return Object.fromEntries(Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)));
}
