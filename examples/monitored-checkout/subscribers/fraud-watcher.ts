import { defineSubscriber, type SubscriberDefinition } from '../tasker.ts';

/** Many declined cards in one region within a short time: somebody is trying out stolen ones. */
export interface FraudCase {
  readonly region: string;
  readonly declinedCards: number;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  readonly until: number;
  /** To begin looking with. */
  readonly latestTask: string | null;
}

export interface FraudWatcherOptions {
  /** Called once per case; the key is the same if it has to be called again after a crash. */
  readonly openCase: (fraud: FraudCase, idempotencyKey: string) => Promise<void> | void;
  /** Declined cards that make a case. Default 5. */
  readonly threshold?: number;
  /** Within how long, milliseconds. Default ten minutes. */
  readonly windowMs?: number;
}

interface Watch {
  /** By region: when cards were declined, the latest `threshold` of them. */
  readonly declined: Readonly<Record<string, readonly number[]>>;
}

/**
 * No step of the checkout: an order must neither wait for it nor fail with it. It counts by the events' own times, so
 * that a replay of last month finds last month's cases.
 */
export function fraudWatcher({
  openCase,
  threshold = 5,
  windowMs = 600_000,
}: FraudWatcherOptions): SubscriberDefinition {
  return defineSubscriber<Watch>({
    name: 'fraud-watcher',
    state: { initial: () => ({ declined: {} }) },
    on: {
      'step.failed': async (event, context) => {
        if (event.payload.error.code !== 'card_declined') return;
        const { region = 'unknown' } = event.business as { readonly region?: string };
        const before = context.state.declined[region] ?? [];
        const times = [...before, event.occurredAt].filter((at) => at > event.occurredAt - windowMs);
        const isCase = times.length >= threshold;
        // A case begins the counting anew: one more declined card is no second case.
        context.state = { declined: { ...context.state.declined, [region]: isCase ? [] : times } };
        if (!isCase) return;
        const fraud: FraudCase = {
          region,
          declinedCards: times.length,
          since: times[0] ?? event.occurredAt,
          until: event.occurredAt,
          latestTask: event.taskId,
        };
        await context.effect('open-case', (idempotencyKey) => openCase(fraud, idempotencyKey));
      },
    },
  });
}
