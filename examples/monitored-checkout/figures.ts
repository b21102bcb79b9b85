// What the business would ask, read from `/metrics` as Prometheus reads it: nothing here counts anything itself.

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Figures {
  /** Share of the checkouts that ended which completed; null before the first end. */
  readonly conversion: number | null;
  /** Minor units by currency. */
  readonly processed: ReadonlyMap<string, number>;
  readonly atRisk: ReadonlyMap<string, number>;
  /** Net: what was regained is no longer lost. */
  readonly lost: ReadonlyMap<string, number>;
  /** Share of the checkouts that kept their SLA; null before the first. */
  readonly slaMet: number | null;
}

/** null while there is nothing to read yet. */
export async function readFigures(operationsUrl: string | null): Promise<Figures | null> {
  if (operationsUrl === null) return null;
  const response = await fetch(`${operationsUrl}/metrics`).catch(() => null);
  return response?.ok === true ? figuresOf(await response.text()) : null;
}

export function figuresOf(text: string): Figures {
  const samples = text.split('\n').flatMap((line) => sampleOf(line));
  const sum = (name: string, having: Readonly<Record<string, string>> = {}): number =>
    samples
      .filter((one) => one.name === name && Object.entries(having).every(([key, value]) => one.labels[key] === value))
      .reduce((total, { value }) => total + value, 0);
  const money = (name: string): Map<string, number> => {
    const byCurrency = new Map<string, number>();
    for (const { name: found, labels, value } of samples) {
      if (found !== `tasker_business_revenue_${name}`) continue;
      const currency = labels['currency'] ?? '';
      byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + value);
    }
    return byCurrency;
  };
  const lost = money('lost_minor_units_total');
  for (const [currency, value] of money('regained_minor_units_total'))
    lost.set(currency, (lost.get(currency) ?? 0) - value);
  const conversions = sum('tasker_business_conversions_total');
  const ended = sum('tasker_tasks_total');
  const [met, missed] = [sum('tasker_sla_total', { met: 'true' }), sum('tasker_sla_total', { met: 'false' })];
  return {
    conversion: ended === 0 ? null : conversions / ended,
    processed: money('processed_minor_units_total'),
    atRisk: money('at_risk_minor_units'),
    lost,
    slaMet: met + missed === 0 ? null : met / (met + missed),
  };
}

function sampleOf(line: string): Sample[] {
  const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined) return [];
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, key = '', text = '']) => [key, text] as const,
  );
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
}
