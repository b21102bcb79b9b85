/** Which worker this process has joined as: what it writes is checked, in the database, against that worker's lease. */
export class Membership {
  /** null: it has not joined, or has left. */
  workerId: string | null = null;
}
