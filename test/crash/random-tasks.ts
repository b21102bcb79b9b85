import { defineTask, PermanentError, type TaskDefinition } from '../../src/index.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

export const taskKinds = 12;

export interface RandomContext {
  readonly luck: number;
  readonly order_value: number;
  readonly currency: string;
  readonly customer_tier: string;
}

/** What the task of this number is created with. */
export function randomContext(seed: number, number: number): RandomContext {
  return {
    luck: seed * 1000 + number,
    order_value: (number * 37) % 1000,
    currency: ['EUR', 'USD', 'JPY'][number % 3] ?? '',
    customer_tier: ['gold', 'silver'][number % 2] ?? '',
  };
}

/** Task types with graphs and tempers of their own; which task fails where follows from its context alone. */
export function randomTasks(seed: number): readonly TaskDefinition[] {
  const chance = seededRandom(seed);
  const upTo = (most: number): number => Math.floor(chance.fraction() * most);
  return Array.from({ length: taskKinds }, (_unused, kind) => {
    const steps = 1 + upTo(5);
    return defineTask<RandomContext>({
      name: `kind-${kind}`,
      concurrent: chance.fraction() < 0.7,
      handler_config: {
        business_metrics: {
          track_revenue: true,
          track_conversion: true,
          customer_tier_tracking: true,
          counters: [{ name: 'units_sold_total', value: 'context.order_value', labels: { kind: `kind-${kind % 3}` } }],
        },
      },
      step_templates: Array.from({ length: steps }, (_none, index) => ({
        name: `step-${index}`,
        depends_on_steps: Array.from({ length: index }, (_earlier, before) => `step-${before}`).filter(
          () => chance.fraction() < 0.5,
        ),
        default_retryable: chance.fraction() < 0.8,
        default_retry_limit: 1 + upTo(4),
        handler_config: { retry_backoff: { kind: 'constant' as const, base_seconds: 0.001, jitter: 0 } },
        handler: async ({ context, attempt }) => {
          await new Promise(setImmediate);
          const fate = Math.imul(context.luck + index * 7919 + attempt * 104_729, 2_654_435_761) >>> 0;
          if (fate % 10 === 0) throw new Error('for now');
          if (fate % 61 === 1) throw new PermanentError('for good');
          return { fate };
        },
      })),
    });
  });
}
