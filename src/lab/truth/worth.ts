import type { TaskTemplate } from '../../index.ts';

export interface Worth {
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
}

/**
 * What a task is worth by what its template says of it; null where it is worth nothing. Worked out here once more, so
 * that the truth does not come from what is measured by it.
 */
export function worthOf(business: Readonly<Record<string, unknown>>, { businessMetrics }: TaskTemplate): Worth | null {
  if (businessMetrics['track_revenue'] !== true && businessMetrics['value'] === undefined) return null;
  const amount = Number(business[textOr(businessMetrics['value'], 'order_value')]);
  if (!Number.isFinite(amount)) return null;
  const currency = textOr(business[textOr(businessMetrics['currency'], 'currency')], 'USD').toUpperCase();
  const digits = businessMetrics['value_unit'] === 'major' ? digitsOf(currency) : 0;
  return { amount: Math.round(amount * 10 ** digits), currency };
}

function digitsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

function textOr(value: unknown, byDefault: string): string {
  return typeof value === 'string' ? value : byDefault;
}
