import type { Database, Statement } from 'better-sqlite3';

import type { StoredTemplate, TemplateStore } from '../../execution/template-store.ts';
import { type Place, throwMapped } from './storage-errors.ts';
import type { Transactions } from './transaction.ts';

interface TemplateRow {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly body_json: string;
}

export class SqliteTemplateStore implements TemplateStore {
  readonly #place: Place;
  readonly #transactions: Transactions;
  readonly #latest: Statement<[string, string, string], { readonly id: string; readonly revision: number }>;
  readonly #revisionOf: Statement<[string], number>;
  readonly #insert: Statement<[string, string, string, string, number, string]>;
  readonly #byId: Statement<[string], TemplateRow>;

  constructor(db: Database, place: Place, transactions: Transactions) {
    this.#place = place;
    this.#transactions = transactions;
    this.#latest = db.prepare(
      `select id, revision from templates where namespace = ? and name = ? and version = ?
       order by revision desc limit 1`,
    );
    this.#revisionOf = db.prepare<[string], number>('select revision from templates where id = ?').pluck();
    this.#insert = db.prepare(
      'insert into templates (id, namespace, name, version, revision, body_json) values (?, ?, ?, ?, ?, ?)',
    );
    this.#byId = db.prepare('select id, namespace, name, version, body_json from templates where id = ?');
  }

  async latestId(namespace: string, name: string, version: string): Promise<string | null> {
    try {
      return this.#latest.get(namespace, name, version)?.id ?? null;
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async save(template: StoredTemplate): Promise<{ readonly revision: number }> {
    const { id, namespace, name, version, body } = template;
    try {
      const known = this.#revisionOf.get(id);
      if (known !== undefined) return { revision: known };
      return this.#transactions.run(() => {
        const meanwhile = this.#revisionOf.get(id);
        if (meanwhile !== undefined) return { revision: meanwhile };
        const revision = (this.#latest.get(namespace, name, version)?.revision ?? 0) + 1;
        this.#insert.run(id, namespace, name, version, revision, body);
        return { revision };
      });
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }

  async load(id: string): Promise<StoredTemplate | null> {
    try {
      const row = this.#byId.get(id);
      if (row === undefined) return null;
      return { id: row.id, namespace: row.namespace, name: row.name, version: row.version, body: row.body_json };
    } catch (error) {
      return throwMapped(error, this.#place);
    }
  }
}
