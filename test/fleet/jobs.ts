import { defineTask } from '../../src/index.ts';
import { until } from '../support/until.ts';

/** Ran in a handler, and by whom. */
export interface Ran {
  readonly by: string;
  readonly order: string;
  readonly signal: AbortSignal;
}

export interface Order {
  readonly order: string;
  /** Waits until it is let go, or aborted. */
  readonly waits?: boolean;
  readonly fails?: boolean;
}

class PermanentError extends Error {
  override readonly name = 'PermanentError';
}

/** Tasks whose handlers tell who ran them. */
export function jobs() {
  const ran: Ran[] = [];
  const open = new Set<string>();
  const of = (by: string, version = '1.0.0') =>
    defineTask<Order>({
      name: 'job',
      version,
      step_templates: [
        {
          name: 'work',
          handler_config: { retry_backoff: { kind: 'constant', base_seconds: 0.01, jitter: 0 } },
          handler: async ({ context: { order, waits, fails }, signal }) => {
            ran.push({ by, order, signal });
            const mayEnd = (): boolean => waits !== true || open.has(order);
            while (!mayEnd()) {
              signal.throwIfAborted();
              await new Promise((resolve) => setTimeout(resolve, 5));
            }
            if (fails === true && !open.has(order)) throw new PermanentError('no');
            return { by };
          },
        },
      ],
    });
  return { ran, of, letGo: (order: string) => void open.add(order) };
}

export const started = (ran: readonly Ran[], order: string): Promise<Ran> =>
  until(async () => ran.find((one) => one.order === order) ?? null);
export const request = (order: string, more: Partial<Order> = {}) => ({ name: 'job', context: { order, ...more } });
