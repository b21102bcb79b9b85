import type { EachRecorded, LoggedEvent } from '../../events/envelope.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { AlertIncident } from '../../signals/alert.ts';
import type { MetricDefinition, MetricFamily } from '../../signals/metric.ts';
import type { SubscriberDefinition } from '../define-subscriber.ts';
import { MetricTable } from '../metrics/metric-table.ts';
import { type MetricProjection, projectionSubscriber } from '../metrics/projection.ts';

export const alertMetricsName = 'tasker.alert-metrics';

const firing = 'tasker_alerts_firing';
const total = 'tasker_alerts_total';

export const alertMetricDefinitions = [
  {
    name: firing,
    help: 'Incidents that fire, acknowledged and silenced ones too.',
    type: 'gauge',
    labelNames: ['policy', 'severity'],
  },
  {
    name: total,
    help: 'What was recorded of incidents: triggered, acknowledged, resolved; each once for an incident.',
    type: 'counter',
    labelNames: ['policy', 'severity', 'state'],
  },
] as const satisfies readonly MetricDefinition[];

/** How many incidents fire, and how many there were: a count of what is recorded, so that nothing is counted twice. */
export function alertMetrics({ seriesLimit }: { readonly seriesLimit: number }): SubscriberDefinition {
  return projectionSubscriber(alertMetricsName, () => new AlertProjection(seriesLimit), ['alert.*']);
}

interface Open {
  readonly labels: readonly [policy: string, severity: string];
  readonly acknowledged: boolean;
}

class AlertProjection implements MetricProjection {
  readonly #table: MetricTable;
  readonly #open = new Map<string, Open>();

  constructor(seriesLimit: number) {
    this.#table = new MetricTable(alertMetricDefinitions, seriesLimit);
  }

  take(logged: LoggedEvent): void {
    const event = logged as EachRecorded<'alert.triggered' | 'alert.updated' | 'alert.acknowledged' | 'alert.resolved'>;
    switch (event.name) {
      case 'alert.triggered':
        this.#table.add(total, [...this.#fires(event.payload.incident, false), 'triggered']);
        return;
      case 'alert.updated':
        this.#fires(event.payload.incident, this.#open.get(event.payload.incident.key)?.acknowledged ?? false);
        return;
      case 'alert.acknowledged': {
        const open = this.#open.get(event.payload.incident);
        if (open === undefined || open.acknowledged) return;
        this.#open.set(event.payload.incident, { ...open, acknowledged: true });
        this.#table.add(total, [...open.labels, 'acknowledged']);
        return;
      }
      case 'alert.resolved': {
        const { key, policy, severity } = event.payload.incident;
        const open = this.#open.get(key);
        if (open !== undefined) this.#table.add(firing, open.labels, -1);
        this.#open.delete(key);
        this.#table.add(total, [policy, severity, 'resolved']);
      }
    }
  }

  /** It may have become worse, or another policy may speak for it. */
  #fires(
    { key, policy, severity }: Pick<AlertIncident, 'key' | 'policy' | 'severity'>,
    acknowledged: boolean,
  ): Open['labels'] {
    const before = this.#open.get(key);
    const labels: Open['labels'] = [policy, severity];
    if (before !== undefined) this.#table.add(firing, before.labels, -1);
    this.#table.add(firing, labels);
    this.#open.set(key, { labels, acknowledged });
    return labels;
  }

  families(): readonly MetricFamily[] {
    return this.#table.families();
  }

  encode(): JsonValue {
    return { table: this.#table.encode(), open: [...this.#open] as unknown as JsonValue };
  }

  restore(stored: JsonValue): void {
    const { table, open } = stored as unknown as {
      readonly table: JsonValue;
      readonly open: readonly [string, Open][];
    };
    this.#table.restore(table);
    for (const [key, one] of open) this.#open.set(key, one);
  }
}
