import type { MoneyByCurrency } from './alert.ts';

/** Digits after the point of a currency, by ISO 4217 as the runtime knows it; 2 where it does not. */
export function digitsOf(currency: string): number {
  return formOf(currency)?.resolvedOptions().maximumFractionDigits ?? 2;
}

/** An amount of minor units for people: `$48,210.00`, `¥1,200`, `KWD 1.234`. */
export function moneyText(minorUnits: number, currency: string): string {
  const form = formOf(currency);
  // Unknown digits: better no point at all than one in a wrong place.
  if (form === null || !Number.isSafeInteger(minorUnits)) return `${minorUnits} minor units of ${currency}`;
  // By its digits: a division would round what is large. Some languages' space that may not break helps nobody here.
  return form.format(`${minorUnits}e-${digitsOf(currency)}` as `${number}`).replaceAll('\u00a0', ' ');
}

/** By currency, in a steady order, without what is nothing: `€1,200.00 and $48,210.00`. Empty where there is none. */
export function moneyInWords(money: MoneyByCurrency): string {
  const amounts = Object.entries(money)
    .filter(([, amount]) => amount !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, amount]) => moneyText(amount, currency));
  const [last, before] = [amounts.at(-1) ?? '', amounts.slice(0, -1)];
  return before.length === 0 ? last : `${before.join(', ')} and ${last}`;
}

const forms = new Map<string, Intl.NumberFormat | null>();
/** There are fewer currencies; what is none comes from outside. */
const mostForms = 500;

function formOf(currency: string): Intl.NumberFormat | null {
  const known = forms.get(currency);
  if (known !== undefined) return known;
  const form = /^[A-Z]{3}$/.test(currency) ? new Intl.NumberFormat('en-US', { style: 'currency', currency }) : null;
  if (forms.size < mostForms) forms.set(currency, form);
  return form;
}
