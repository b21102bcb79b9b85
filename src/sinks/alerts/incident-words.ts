import type { AlertIncident } from '../../signals/alert.ts';
import { moneyInWords } from '../../signals/money.ts';
import { oneLine, shortLine, some } from './text.ts';

/** Where it is: `ecommerce/checkout, step update_inventory`. */
export function placeOf({ namespace, task, step, environment }: AlertIncident): string {
  if (task === null) return oneLine(namespace ?? `the engine in ${environment}`);
  const full = namespace === null ? task : `${namespace}/${task}`;
  return oneLine(step === null ? full : `${full}, step ${step}`);
}

/** Whom it hits: `customer_tier gold, premium; region eu`. */
export function whomOf({ scope, hitBy }: AlertIncident): string {
  if (scope.length === 0) {
    const fields = Object.entries(hitBy).map(([field, counts]) => {
      const values = Object.entries(counts).map(([value, count]) => `${shortLine(value, 60)} ${count}`);
      return `${shortLine(field, 60)} ${some(values, 10, (left) => `${left} more`).join(', ')}`;
    });
    return ['everybody alike', ...some(fields, 10, (left) => `${left} more fields`)].join('; ');
  }
  const groups = scope.map(({ field, values }) => {
    const named = some(values, 10, (left) => `${left} more`).map((value) => shortLine(value, 60));
    return `${shortLine(field, 60)} ${named.join(', ')}`;
  });
  return some(groups, 10, (left) => `${left} more fields`).join('; ');
}

/** What went wrong first: `GatewayError, code card_declined, status 502`; null where nothing failed. */
export function firstErrorOf({ firstError }: AlertIncident): string | null {
  if (firstError === null) return null;
  const { type, code, status } = firstError;
  return oneLine(
    [type, code !== null && `code ${code}`, status !== null && `status ${status}`].filter(Boolean).join(', '),
  );
}

/** `$48,210.00 lost, €1,200.00 at risk`; empty where no money is known to be touched. */
export function moneyOf({ lost, atRisk }: AlertIncident): string {
  const parts = [
    [moneyInWords(lost), 'lost'],
    [moneyInWords(atRisk), 'at risk'],
  ] as const;
  return oneLine(
    parts
      .filter(([amount]) => amount !== '')
      .map(([amount, what]) => `${amount} ${what}`)
      .join(', '),
  );
}

/** One line for incidents that are over: the receiver was away, and nobody need do anything. */
export function missedInWords(missed: readonly AlertIncident[]): string {
  const summaries = some(missed, 10, () => null).map((incident) =>
    incident === null ? `and ${missed.length - 9} more` : shortLine(incident.summary, 200),
  );
  const what = missed.length === 1 ? '1 incident began and ended' : `${missed.length} incidents began and ended`;
  return `${what} while notices could not be delivered: ${summaries.join('; ')}`;
}
