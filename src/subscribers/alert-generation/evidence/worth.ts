import type { LoggedEvent } from '../../../events/envelope.ts';
import type { JsonValue } from '../../../shared/json.ts';
import { currencyCode, minorUnits } from '../../business-metrics/minor-units.ts';
import type { MonitoredTask } from '../../metrics/monitored-tasks.ts';
import { LogHistogram } from './log-histogram.ts';

/** What a task is worth, minor units. */
export interface Worth {
  readonly currency: string;
  readonly amount: number;
}

/** null: it is worth nothing, or its value is no amount of money. */
export function worthOf(
  { business = {} }: LoggedEvent,
  { revenue }: MonitoredTask,
  defaultCurrency: string,
): Worth | null {
  if (revenue === null) return null;
  const currency = currencyCode(business[revenue.currency], defaultCurrency);
  const amount = minorUnits(business[revenue.value], revenue.unit, currency);
  return amount === null ? null : { currency, amount };
}

const mostCurrencies = 50;
/** Of fewer nobody knows what is typical. */
const leastOrders = 20;

/** What tasks of one kind are typically worth: the median, by currency. What is much is said in multiples of it. */
export class TypicalWorth {
  readonly #byCurrency = new Map<string, LogHistogram>();

  add({ currency, amount }: Worth): void {
    let amounts = this.#byCurrency.get(currency);
    if (amounts === undefined) {
      if (this.#byCurrency.size >= mostCurrencies) return;
      amounts = new LogHistogram();
      this.#byCurrency.set(currency, amounts);
    }
    amounts.add(amount);
  }

  /** null: too few are known. */
  of(currency: string): number | null {
    const amounts = this.#byCurrency.get(currency);
    return amounts === undefined || amounts.count < leastOrders ? null : amounts.quantile(0.5);
  }

  /** So much money in typical orders, over all currencies. */
  inOrders(money: ReadonlyMap<string, number>): number {
    let orders = 0;
    for (const [currency, amount] of money) {
      const typical = this.of(currency);
      if (typical !== null && typical > 0) orders += amount / typical;
    }
    return orders;
  }

  encode(): JsonValue {
    return Object.fromEntries([...this.#byCurrency].map(([currency, amounts]) => [currency, amounts.encode()]));
  }

  restore(stored: JsonValue): void {
    for (const [currency, amounts] of Object.entries(stored as Record<string, JsonValue>)) {
      const histogram = new LogHistogram();
      histogram.restore(amounts);
      this.#byCurrency.set(currency, histogram);
    }
  }
}
