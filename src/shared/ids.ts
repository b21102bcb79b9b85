import { hash, randomFillSync } from 'node:crypto';

/** Where chance comes from: ids and jitter. Injected so that a seeded run can be repeated to the byte. */
export interface Random {
  /** `count` random bytes as lower-case hexadecimal. */
  hex(count: number): string;
  /** A number in [0, 1). */
  fraction(): number;
}

// Drawing from a pool costs one system call per 4 KiB instead of one per id: five ids are made per step.
const POOL_BYTES = 4096;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

export const systemRandom: Random = {
  hex(count) {
    if (used + count > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += count;
    return pool.toString('hex', used - count, used);
  },
  fraction: () => Math.random(),
};

/**
 * UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits. Ids sort by creation time,
 * so tables keyed by them grow at the end and "newest first" is the key's own order.
 */
export function uuidV7(nowMs: number, random: Random): string {
  const time = nowMs.toString(16).padStart(12, '0');
  const chance = random.hex(10);
  const variant = ((Number.parseInt(chance.charAt(3), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-${variant}${chance.slice(4, 7)}-${chance.slice(7, 19)}`;
}

/** The lowest UUIDv7 of a millisecond: the boundary for "since" queries over ids. */
export function uuidV7Floor(atMs: number): string {
  const time = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/** 16 bytes as W3C Trace Context wants them: hexadecimal, never all zero. */
export function traceId(random: Random): string {
  const id = random.hex(16);
  return /^0+$/.test(id) ? traceId(random) : id;
}

/** 8 bytes as W3C Trace Context wants them: hexadecimal, never all zero. */
export function spanId(random: Random): string {
  const id = random.hex(8);
  return /^0+$/.test(id) ? spanId(random) : id;
}

/** `count` bytes that are always the same for the same text, and never all zero: hexadecimal. */
export function derivedId(text: string, count: number): string {
  const id = hash('sha256', text).slice(0, 2 * count);
  return /^0+$/.test(id) ? derivedId(`${text} `, count) : id;
}
