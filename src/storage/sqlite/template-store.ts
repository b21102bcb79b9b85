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
  readonly #setRevision: Statement<[number, string]>;
  readonly #insert: Statement<[string, string, string, string, number, string]>;
  readonly #byId: Statement<[string], TemplateRow>;

  constructor(db: Database, place: Place, transactions: Transactions) {
    this.#place = place;
    this.#transactions = transactions;
    this.#latest = db.prepare(
      `select id, revision from templates where namespace = ? and name = ? and version = ?
       order by revision desc limit 1`,
    );
    this.#setRevision = db.prepare('update templates set revision = ? where id = ?');
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
      const latest = this.#latest.get(namespace, name, version);
      if (latest?.id === id) return { revision: latest.revision };
      return this.#transactions.run(() => {
        const before = this.#latest.get(namespace, name, version);
        if (before?.id === id) return { revision: before.revision };
        const revision = (before?.revision ?? 0) + 1;
        if (this.#setRevision.run(revision, id).changes === 0)
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
