import type { Delivery } from '../../signals/delivery.ts';

/** They pass by themselves, or when somebody makes room. */
const passing: Readonly<Record<string, { readonly what: string; readonly afterMs: number }>> = {
  ENOSPC: { what: 'the disk is full', afterMs: 5000 },
  EDQUOT: { what: 'the disk quota is used up', afterMs: 5000 },
  EFBIG: { what: 'the file may not grow further', afterMs: 30_000 },
  EIO: { what: 'the disk failed', afterMs: 5000 },
  EMFILE: { what: 'too many files are open', afterMs: 1000 },
  ENFILE: { what: 'too many files are open', afterMs: 1000 },
  EAGAIN: { what: 'the destination is busy', afterMs: 1000 },
  EBUSY: { what: 'the destination is busy', afterMs: 1000 },
  // This process will hardly get it back, but the next one may have another: what waits in the log is not lost.
  EPIPE: { what: 'its reader has gone', afterMs: 30_000 },
  ERR_STREAM_DESTROYED: { what: 'the stream is closed', afterMs: 30_000 },
  ERR_STREAM_WRITE_AFTER_END: { what: 'the stream is closed', afterMs: 30_000 },
};

/** What a failed write means. Anything unknown is refused for good: to try it for ever would hold up all that follows. */
export function writeFailure(error: unknown, destination: string): Delivery {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'an unknown error';
  const known = passing[code];
  if (known === undefined) return { kind: 'rejected', reason: `${destination} cannot be written (${code})` };
  return {
    kind: 'retryable',
    reason: `${destination} cannot be written: ${known.what} (${code})`,
    afterMs: known.afterMs,
  };
}
