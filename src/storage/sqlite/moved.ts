import type { Database, Statement } from 'better-sqlite3';

import { TaskerError } from '../../shared/errors.ts';
import type { Place } from './storage-errors.ts';

export interface Moved {
  readonly to: string;
  readonly at: number;
}

const query = 'select to_location as "to", at from moved';

/** Where the storage was copied to, to be worked on there; null for one that is worked on here. */
export function movedTo(db: Database): Moved | null {
  return db.prepare<[], Moved>(query).get() ?? null;
}

export function markMoved(db: Database, { to, at }: Moved): void {
  markHere(db);
  db.prepare('insert into moved (to_location, at) values (?, ?)').run(to, at);
}

export function markHere(db: Database): void {
  db.exec('delete from moved');
}

/** Keeps work away from a storage that was moved: its open tasks would run here and there. What it holds can be read. */
export class MovedGuard {
  readonly #place: Place;
  readonly #moved: Statement<[], Moved>;

  constructor(db: Database, place: Place) {
    this.#place = place;
    this.#moved = db.prepare<[], Moved>(query);
  }

  /** @throws TaskerError `TASKER_STORAGE_MOVED` */
  requireHere(): void {
    const moved = this.#moved.get();
    if (moved === undefined) return;
    const { location } = this.#place;
    throw new TaskerError(
      'TASKER_STORAGE_MOVED',
      `The storage '${location}' was copied to '${moved.to}' at ${new Date(moved.at).toISOString()}, to be worked on there; worked on here as well, its open tasks would run twice. ` +
        `Let 'storage' in the configuration name the copy. If nobody works on the copy, nor ever will, 'tasker migrate-storage --undo --from ${location}' gives this one back.`,
      { details: { location, to: moved.to, movedAt: moved.at } },
    );
  }
}
