export interface Fault {
  /** Added to the service's own latency. */
  readonly latencyMs?: number;
  /** The share of calls that fail, 0 to 1. */
  readonly errorRate?: number;
  /** The call is never answered. */
  readonly hang?: boolean;
  /**
   * Whether a failing or hanging call does its work first, so that only the answer is lost. Left out: errors
   * fall on either side by chance, hangs come before.
   */
  readonly at?: FaultPoint;
  /** Of a failing call; 503 when left out. */
  readonly status?: number;
  /** Sent as `Retry-After` with a failing call. */
  readonly retryAfterSeconds?: number;
  /** Only calls whose body has these very values, or one of those listed; left out, every call. */
  readonly match?: Readonly<Record<string, MatchedValue | readonly MatchedValue[]>>;
}

export type MatchedValue = string | number | boolean;

export type FaultPoint = 'before_effect' | 'after_effect';

export class InvalidFaultError extends Error {
  override readonly name = 'InvalidFaultError';
}

type Check = { readonly expected: string; readonly holds: (value: unknown) => boolean };

const checks: Readonly<Record<keyof Fault, Check>> = {
  latencyMs: { expected: 'milliseconds from 0 to 3600000', holds: (value) => isNumber(value, 0, 3_600_000) },
  errorRate: { expected: 'a number from 0 to 1', holds: (value) => isNumber(value, 0, 1) },
  hang: { expected: 'true or false', holds: (value) => typeof value === 'boolean' },
  at: {
    expected: '"before_effect" or "after_effect"',
    holds: (value) => value === 'before_effect' || value === 'after_effect',
  },
  status: {
    expected: 'a whole number from 400 to 599',
    holds: (value) => Number.isInteger(value) && isNumber(value, 400, 599),
  },
  retryAfterSeconds: {
    expected: 'whole seconds from 0 to 3600',
    holds: (value) => Number.isInteger(value) && isNumber(value, 0, 3600),
  },
  match: { expected: 'an object of texts, numbers and booleans, or lists of them', holds: isMatch },
};

/** Refuses what it does not know: a misspelt fault that silently does nothing would prove nothing. */
export function parseFault(value: unknown): Fault {
  if (!isFields(value)) throw new InvalidFaultError('A fault is a JSON object');
  for (const [key, setting] of Object.entries(value)) {
    if (!isFaultKey(key)) {
      throw new InvalidFaultError(`Unknown fault setting '${key}'; known are ${Object.keys(checks).join(', ')}`);
    }
    const check = checks[key];
    if (!check.holds(setting)) {
      throw new InvalidFaultError(`Fault setting '${key}' must be ${check.expected}, got ${JSON.stringify(setting)}`);
    }
  }
  return value;
}

export function faultMatches(fault: Fault, body: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(fault.match ?? {}).every(([field, wanted]) => {
    const one: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    return one.includes(body[field]);
  });
}

function isFaultKey(key: string): key is keyof Fault {
  return Object.hasOwn(checks, key);
}

function isNumber(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}

function isMatch(value: unknown): boolean {
  const isOne = (wanted: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof wanted);
  return (
    isFields(value) &&
    Object.values(value).every((wanted) =>
      Array.isArray(wanted) ? wanted.length > 0 && wanted.every(isOne) : isOne(wanted),
    )
  );
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
