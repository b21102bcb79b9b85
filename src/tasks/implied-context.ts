import type { TemplateValues } from './template-schema.ts';

type TaskMetrics = NonNullable<NonNullable<TemplateValues['handler_config']>['business_metrics']>;

/** Tasker's flags stand for the context fields they need: naming the flag is naming them. */
export const impliedFields = { value: 'order_value', currency: 'currency', tier: 'customer_tier' } as const;

/** A value of one's own asks for it too, unless the flag says no. */
export function tracksRevenue(metrics: Pick<TaskMetrics, 'track_revenue' | 'value'>): boolean {
  return metrics.track_revenue ?? metrics.value !== undefined;
}

/** The context fields that a template's flags allow to leave the task: none that it has given another for. */
export function impliedContext(metrics: TaskMetrics | undefined): readonly string[] {
  if (metrics === undefined) return [];
  const isValued = tracksRevenue(metrics);
  const { value = impliedFields.value, currency = impliedFields.currency } = metrics;
  return [
    ...(isValued && value === impliedFields.value ? [value] : []),
    ...(isValued && currency === impliedFields.currency ? [currency] : []),
    ...(metrics.customer_tier_tracking === true ? [impliedFields.tier] : []),
  ];
}
