import { z } from 'zod';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** `90`, `90s`, `1h30m`: milliseconds; null for what is no duration. A bare number is seconds. */
export function durationMs(value: string | number): number | null {
  if (typeof value === 'number') return value * 1000;
  if (!pattern.test(value)) return null;
  let sum = 0;
  for (const [, amount = '', unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    sum += Number(amount) * unitMs[unit as keyof typeof unitMs];
  return sum;
}

const words = 'a duration: seconds, or a text as 90s, 15m, 1h30m, 7d';

/** As it is written; `durationMs` reads it. */
export const durationText = z
  .union([z.number().min(0).max(31_622_400), z.string()], { error: `expected ${words}` })
  .refine((value) => durationMs(value) !== null, `expected ${words}`)
  .meta({ expected: words });

/** Minutes since midnight of `HH:MM`. */
export function minuteOfDay(text: string): number {
  const [hours = '0', minutes = '0'] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

export const timeOfDay = z
  .string('expected a time of day as 03:30')
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day as 03:30')
  .meta({ expected: 'a time of day as 03:30' });
