import type { TemplateValues } from './template-schema.ts';

type TaskMetrics = NonNullable<NonNullable<TemplateValues['handler_config']>['business_metrics']>;

/** Tasker's flags stand for the context fields they need: naming the flag is naming them. */
export const impliedFields = { value: 'order_value', currency: 'currency', tier: 'customer_tier' } as const;

/** The context fields that a template's flags allow to leave the task. */
export function impliedContext(metrics: TaskMetrics | undefined): readonly string[] {
  return [
    ...(metrics?.track_revenue === true ? [impliedFields.value, impliedFields.currency] : []),
    ...(metrics?.customer_tier_tracking === true ? [impliedFields.tier] : []),
  ];
}
