import { resolve } from 'node:path';

import { z } from 'zod';

import { parsePostgresUrl, withoutPassword } from '../shared/postgres-url.ts';

/** The same text as PostgreSQL folds names to: it needs no quotes anywhere. */
const schemaName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,43}$/, 'expected 1 to 44 of a-z 0-9 _, not beginning with a digit');

const postgresUrl = z
  .string()
  .refine(
    (url) => parsePostgresUrl(url) !== null,
    'expected a URL like postgres://user:password@host:5432/database, special characters in the password percent-encoded',
  );

const postgresSchema = z.strictObject({
  kind: z.literal('postgres'),
  url: postgresUrl,
  schema: schemaName.default('tasker'),
  poolSize: z.number().int().min(1).max(100).default(4),
  pooler: z.boolean().default(false),
  listenUrl: z.union([postgresUrl, z.literal(false)]).optional(),
  leaseMs: z.number().int().min(1000).max(600_000).default(10_000),
});

export const storageSchema = z.preprocess(
  (given) => (typeof given === 'string' ? { kind: 'postgres', url: given } : given),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('sqlite'),
      file: z.string().min(1).default('.tasker/tasker.db'),
      maxBytes: z.number().int().min(65_536).optional(),
    }),
    z.strictObject({ kind: z.literal('memory') }),
    postgresSchema,
  ]),
);

export interface ResolvedPostgres {
  readonly kind: 'postgres';
  readonly url: string;
  readonly schema: string;
  readonly poolSize: number;
  readonly pooler: boolean;
  /** null: nobody listens. */
  readonly listenUrl: string | null;
  readonly leaseMs: number;
}

export type ResolvedStorage =
  | { readonly kind: 'sqlite'; readonly file: string; readonly maxBytes: number | null }
  | { readonly kind: 'memory' }
  | ResolvedPostgres;

export function resolveStorage(storage: z.infer<typeof storageSchema>, baseDir: string): ResolvedStorage {
  switch (storage.kind) {
    case 'memory':
      return storage;
    case 'sqlite':
      return { kind: 'sqlite', file: resolve(baseDir, storage.file), maxBytes: storage.maxBytes ?? null };
    case 'postgres':
      return { ...storage, listenUrl: listenUrlOf(storage) };
  }
}

function listenUrlOf({ url, pooler, listenUrl }: z.infer<typeof postgresSchema>): string | null {
  if (listenUrl === false) return null;
  return listenUrl ?? (pooler ? null : url);
}

/** For people: where the data is, without what is secret. */
export function describeStorage(storage: ResolvedStorage): string {
  switch (storage.kind) {
    case 'memory':
      return 'memory';
    case 'sqlite':
      return storage.file;
    case 'postgres':
      return `${withoutPassword(storage.url)} (schema ${storage.schema})`;
  }
}

/** The same without what is secret, for whoever prints a configuration. */
export function withoutSecrets(storage: ResolvedStorage): ResolvedStorage {
  if (storage.kind !== 'postgres') return storage;
  const { url, listenUrl } = storage;
  return { ...storage, url: withoutPassword(url), listenUrl: listenUrl === null ? null : withoutPassword(listenUrl) };
}
