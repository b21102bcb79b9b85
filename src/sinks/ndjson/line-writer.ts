import { delivered, type Delivery } from '../../signals/delivery.ts';
import type { Output } from './output.ts';
import { writeFailure } from './write-failure.ts';

/** Writes whole lines, and says what became of them. */
export function lineWriter(output: Output): (lines: string, signal: AbortSignal) => Promise<Delivery> {
  /** A write that failed half way has left a piece of a line: what follows begins a new one. */
  let torn = false;
  return async (lines, signal) => {
    if (lines === '') return delivered;
    try {
      await output.write(`${torn ? '\n' : ''}${lines}`, signal);
      torn = false;
      return delivered;
    } catch (error) {
      torn = true;
      return writeFailure(error, output.name);
    }
  };
}
