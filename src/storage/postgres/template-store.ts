import type { StoredTemplate, TemplateStore } from '../../execution/template-store.ts';
import { mapped, type Pool, type Queries } from './connection.ts';
import type { Place } from './storage-errors.ts';

interface TemplateRow {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly body_json: string;
}

interface Latest {
  readonly id: string;
  readonly revision: number;
}

export class PostgresTemplateStore implements TemplateStore {
  readonly #pool: Pool;
  readonly #place: Place;
  readonly #schema: string;

  constructor(pool: Pool, place: Place, schema: string) {
    this.#pool = pool;
    this.#place = place;
    this.#schema = schema;
  }

  latestId(namespace: string, name: string, version: string): Promise<string | null> {
    return mapped(this.#place, async () => (await this.#latest(this.#pool, namespace, name, version))?.id ?? null);
  }

  save(template: StoredTemplate): Promise<{ readonly revision: number }> {
    const { id, namespace, name, version, body } = template;
    return mapped(this.#place, async () => {
      const latest = await this.#latest(this.#pool, namespace, name, version);
      if (latest?.id === id) return { revision: latest.revision };
      return this.#pool.transaction(async (queries) => {
        // Two workers that bring new templates at the same time count one after the other.
        await queries.rows('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${this.#schema} templates`]);
        const before = await this.#latest(queries, namespace, name, version);
        if (before?.id === id) return { revision: before.revision };
        const revision = (before?.revision ?? 0) + 1;
        await queries.run(
          `insert into ${this.#schema}.templates (id, namespace, name, version, revision, body_json)
           values ($1, $2, $3, $4, $5, $6) on conflict (id) do update set revision = excluded.revision`,
          [id, namespace, name, version, revision, body],
        );
        return { revision };
      });
    });
  }

  load(id: string): Promise<StoredTemplate | null> {
    return mapped(this.#place, async () => {
      const [row] = await this.#pool.rows<TemplateRow>(
        `select id, namespace, name, version, body_json from ${this.#schema}.templates where id = $1`,
        [id],
      );
      if (row === undefined) return null;
      return { id: row.id, namespace: row.namespace, name: row.name, version: row.version, body: row.body_json };
    });
  }

  async #latest(queries: Queries, namespace: string, name: string, version: string): Promise<Latest | undefined> {
    const [latest] = await queries.rows<Latest>(
      `select id, revision from ${this.#schema}.templates where namespace = $1 and name = $2 and version = $3
       order by revision desc limit 1`,
      [namespace, name, version],
    );
    return latest;
  }
}
