import { hash } from 'node:crypto';

import type { ColumnKind, CopiedRow, CopiedTable, CopiedValue } from './copied-tables.ts';

/** What a table holds, in short: the same on both sides when, and only when, their rows are. */
export interface TableDigest {
  readonly rows: number;
  /** 120 bits of each row's SHA-256, added up: so it does not matter in which order or in what portions. */
  readonly checksum: string;
}

const hexOfHalf = 15;
const scratch = Buffer.alloc(8);

/** Adds up rows, or sums that a database has made of rows by `digestSql`. */
export class DigestSum {
  #rows = 0;
  #high = 0n;
  #low = 0n;

  addRow(table: CopiedTable, row: CopiedRow): void {
    const kinds = Object.values(table.columns);
    const text = row.map((value, index) => canonical(value, kinds[index] ?? 'text')).join('|');
    const digest = hash('sha256', text, 'hex');
    this.addSums(1, `0x${digest.slice(0, hexOfHalf)}`, `0x${digest.slice(hexOfHalf, 2 * hexOfHalf)}`);
  }

  /** Whole numbers as text. */
  addSums(rows: number, high: string, low: string): void {
    this.#rows += rows;
    this.#high += BigInt(high);
    this.#low += BigInt(low);
  }

  total(): TableDigest {
    return { rows: this.#rows, checksum: `${this.#high.toString(16)}.${this.#low.toString(16)}` };
  }
}

export function isSame(one: TableDigest, other: TableDigest): boolean {
  return one.rows === other.rows && one.checksum === other.checksum;
}

/** PostgreSQL's expressions for a row's two halves; summed up they are what `addSums` takes. */
export function digestSql(table: CopiedTable): { readonly hash: string; readonly high: string; readonly low: string } {
  const text = Object.entries(table.columns)
    .map(([column, kind]) => `coalesce(${canonicalSql(`"${column}"`, kind)}, '~')`)
    .join(` || '|' || `);
  const half = (from: number): string => `('x' || substr(hash, ${from}, ${hexOfHalf}))::bit(60)::bigint`;
  return {
    hash: `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`,
    high: half(1),
    low: half(1 + hexOfHalf),
  };
}

/** Each value says where it ends, so that no two rows are one text. */
function canonical(value: CopiedValue, kind: ColumnKind): string {
  if (value === null) return '~';
  switch (kind) {
    case 'text':
      return `${Buffer.byteLength(String(value))}:${String(value)}`;
    case 'float8':
      // Databases write fractions each in their own way; their bits are the same.
      scratch.writeDoubleBE(Number(value));
      return scratch.toString('hex');
    default:
      return String(value);
  }
}

function canonicalSql(column: string, kind: ColumnKind): string {
  switch (kind) {
    case 'text':
      return `octet_length(${column})::text || ':' || ${column}`;
    case 'float8':
      return `encode(float8send(${column}), 'hex')`;
    default:
      return `${column}::text`;
  }
}
