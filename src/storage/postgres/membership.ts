import { isUnanswered, outrunError, type Place } from './storage-errors.ts';

/**
 * Which worker this process has joined as: what it writes is checked, in the database, against that worker's lease.
 * Each joining has a key of its own, which is the worker's id for everybody who reads or writes the store: what was
 * sent before a worker joined anew, and arrives after that, is refused.
 */
export class Membership {
  readonly #joinings = new Map<string, number>();
  #joined: { readonly workerId: string; readonly key: string } | null = null;
  readonly #place: Place;
  #mayBeOutrun = false;

  constructor(place: Place) {
    this.#place = place;
  }

  /** null: it has not joined, or has left. */
  get key(): string | null {
    return this.#joined?.key ?? null;
  }

  /** null for a worker that has not joined here. */
  keyOf(workerId: string): string | null {
    return this.#joined?.workerId === workerId ? this.#joined.key : null;
  }

  /** Something that was sent in the name of this joining may yet arrive: time for another one. */
  get mayBeOutrun(): boolean {
    return this.#mayBeOutrun;
  }

  /**
   * For what would make this worker hold a task, should it be carried out when nobody expects it any more. Once that may
   * come about nothing further is sent until the next joining: it could be overwritten by what was sent before.
   */
  async holding<T>(send: () => Promise<T>): Promise<T> {
    const key = this.key;
    if (this.#mayBeOutrun) throw outrunError(this.#place);
    try {
      return await send();
    } catch (error) {
      if (key !== null && key === this.key && isUnanswered(error)) this.#mayBeOutrun = true;
      throw error;
    }
  }

  /** For one joining, whether or not it comes about. `worker_id_v1` in the database makes the id of it again. */
  nextKey(workerId: string): string {
    const joining = (this.#joinings.get(workerId) ?? 0) + 1;
    this.#joinings.set(workerId, joining);
    return joining === 1 ? workerId : `${workerId}~${joining}`;
  }

  joined(workerId: string, key: string): void {
    this.#joined = { workerId, key };
    this.#mayBeOutrun = false;
  }

  left(workerId: string): void {
    if (this.#joined?.workerId === workerId) this.#joined = null;
  }
}
