import { digitsOf } from '../../signals/money.ts';

/** ISO 4217 in form; `unknown` for what is none, so that a mistake makes no new series each time. */
export function currencyCode(value: unknown, byDefault: string): string {
  if (value === undefined || value === null || value === '') return byDefault;
  const code = typeof value === 'string' ? value.toUpperCase() : '';
  return /^[A-Z]{3}$/.test(code) ? code : 'unknown';
}

/**
 * A whole number of minor units; null for what is no amount of money. Numbers in text are taken as they read. Below zero
 * is none: what is counted can only grow, and a counter that falls is taken for one that began anew.
 */
export function minorUnits(value: unknown, unit: 'minor' | 'major', currency: string): number | null {
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof amount !== 'number' || !Number.isFinite(amount)) return null;
  // By its digits: 1.005 * 100 would be 100.49999999999999.
  const minor = Math.round(unit === 'minor' ? amount : Number(`${amount}e${digitsOf(currency)}`));
  return Number.isSafeInteger(minor) && minor >= 0 ? minor : null;
}
