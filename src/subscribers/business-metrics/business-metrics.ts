import type { EachRecorded, LoggedEvent, RecordedEvent } from '../../events/envelope.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { MetricFamily } from '../../signals/metric.ts';
import type { SubscriberDefinition } from '../define-subscriber.ts';
import { MetricTable, relabelled } from '../metrics/metric-table.ts';
import { type MonitoredStep, type MonitoredTask, MonitoredTasks } from '../metrics/monitored-tasks.ts';
import { type MetricProjection, projectionSubscriber } from '../metrics/projection.ts';
import { businessDefinitions, businessMetricNames as names } from './business-definitions.ts';
import { asLabel } from './as-label.ts';
import { Declared } from './declared.ts';
import { currencyCode, minorUnits } from './minor-units.ts';
import { StepPast } from './step-past.ts';

export interface BusinessMetricsOptions {
  readonly tasks: readonly MonitoredTask[];
  readonly seriesLimit: number;
  /** Of values whose context names none. */
  readonly defaultCurrency: string;
}

export const businessMetricsName = 'tasker.business-metrics';

/** Conversion, revenue and what templates declare, from recorded events and their templates' words alone. */
export function businessMetrics(options: BusinessMetricsOptions): SubscriberDefinition {
  return projectionSubscriber(businessMetricsName, () => new BusinessProjection(options));
}

/** A task's value where it is counted: the labels of its series, and the amount in minor units. */
interface Worth {
  readonly labels: readonly string[];
  readonly amount: number;
}

export class BusinessProjection implements MetricProjection {
  readonly #tasks: MonitoredTasks;
  readonly #businessLabels: readonly string[];
  readonly #moneyLabels: readonly string[];
  readonly #defaultCurrency: string;
  readonly #table: MetricTable;
  readonly #declared: Declared;
  /** Open tasks with trouble, and what is at risk with each. */
  readonly #atRisk = new Map<string, Worth>();
  /** Tasks counted as lost that may still come back: those in error. */
  readonly #lost = new Map<string, Worth>();
  readonly #pasts = new Map<string, StepPast>();

  constructor({ tasks, seriesLimit, defaultCurrency }: BusinessMetricsOptions) {
    const { definitions, businessLabels } = businessDefinitions(tasks);
    this.#tasks = new MonitoredTasks(tasks);
    this.#businessLabels = businessLabels;
    this.#moneyLabels = definitions.find(({ name }) => name === names.lost)?.labelNames ?? [];
    this.#defaultCurrency = defaultCurrency;
    this.#table = new MetricTable(definitions, seriesLimit);
    this.#declared = new Declared(this.#table);
  }

  take(logged: LoggedEvent): void {
    const monitored = this.#tasks.of(logged);
    if (monitored === undefined || logged.name.startsWith('custom.')) return;
    const event = logged as EachRecorded;
    switch (event.name) {
      case 'task.initialize_requested':
        return this.#created(event, monitored);
      case 'task.completed':
        return this.#completed(event, monitored);
      case 'task.failed':
        this.#declared.count(monitored.metrics, 'failed', event, null);
        return this.#givenUp(event, monitored, true);
      case 'task.cancelled':
        return this.#givenUp(event, monitored, false);
      case 'task.resolved_manually':
        return this.#regained(event);
      case 'task.retry_requested':
        return this.#inTrouble(event, monitored);
      case 'task.sla_breached':
      case 'step.sla_breached':
      case 'step.stalled':
        return this.#inTrouble(event, monitored);
      case 'step.completed':
        return this.#stepCompleted(event, monitored);
      case 'step.failed':
        return this.#stepFailed(event, monitored);
      default:
        return undefined;
    }
  }

  families(): readonly MetricFamily[] {
    return this.#table.families();
  }

  encode(): JsonValue {
    const worths = (all: ReadonlyMap<string, Worth>): JsonValue =>
      [...all].map(([taskId, { labels, amount }]) => [taskId, [...labels], amount]);
    return {
      table: this.#table.encode(),
      atRisk: worths(this.#atRisk),
      lost: worths(this.#lost),
      pasts: Object.fromEntries([...this.#pasts].map(([key, past]) => [key, past.encode()])),
    };
  }

  restore(stored: JsonValue): void {
    const { table, atRisk, lost, pasts } = stored as unknown as {
      table: Readonly<Record<string, { readonly labels: readonly string[] } | undefined>>;
      atRisk: [string, string[], number][];
      lost: [string, string[], number][];
      pasts: Record<string, JsonValue>;
    };
    this.#table.restore(table as unknown as JsonValue);
    // Kept in the order of the labels that the table was stored with: templates may name others since.
    const before = table[names.lost]?.labels ?? this.#moneyLabels;
    const now = (labels: readonly string[]) => relabelled(labels, before, this.#moneyLabels);
    for (const [taskId, labels, amount] of atRisk) this.#atRisk.set(taskId, { labels: now(labels), amount });
    for (const [taskId, labels, amount] of lost) this.#lost.set(taskId, { labels: now(labels), amount });
    for (const [key, past] of Object.entries(pasts)) this.#past(key).restore(past);
  }

  #created(event: RecordedEvent, monitored: MonitoredTask): void {
    if (!monitored.tracksConversion && monitored.revenue === null && Object.keys(monitored.labels).length === 0) return;
    this.#table.add(names.started, this.#labels(event, monitored));
    if (monitored.revenue !== null && this.#worth(event, monitored) === null)
      this.#table.add(names.unvalued, taskOf(event));
  }

  #completed(event: RecordedEvent, monitored: MonitoredTask): void {
    this.#declared.count(monitored.metrics, 'completed', event, null);
    if (monitored.tracksConversion) this.#table.add(names.conversions, this.#labels(event, monitored));
    const worth = this.#worth(event, monitored);
    if (worth !== null) this.#table.add(names.processed, worth.labels, worth.amount);
    this.#regained(event);
    this.#outOfTrouble(event);
  }

  #givenUp(event: RecordedEvent, monitored: MonitoredTask, mayComeBack: boolean): void {
    this.#outOfTrouble(event);
    const taskId = event.taskId ?? '';
    const before = this.#lost.get(taskId);
    const worth = before ?? this.#worth(event, monitored);
    if (worth === null) return;
    if (before === undefined) this.#table.add(names.lost, worth.labels, worth.amount);
    if (mayComeBack) this.#lost.set(taskId, worth);
    else this.#lost.delete(taskId);
  }

  #regained(event: RecordedEvent): void {
    const worth = this.#lost.get(event.taskId ?? '');
    if (worth === undefined) return;
    this.#table.add(names.regained, worth.labels, worth.amount);
    this.#lost.delete(event.taskId ?? '');
  }

  #inTrouble(event: RecordedEvent, monitored: MonitoredTask): void {
    const taskId = event.taskId ?? '';
    if (this.#atRisk.has(taskId)) return;
    const worth = this.#worth(event, monitored);
    if (worth === null) return;
    this.#atRisk.set(taskId, worth);
    this.#table.add(names.atRisk, worth.labels, worth.amount);
  }

  #outOfTrouble(event: RecordedEvent): void {
    const worth = this.#atRisk.get(event.taskId ?? '');
    if (worth === undefined) return;
    this.#atRisk.delete(event.taskId ?? '');
    this.#table.add(names.atRisk, worth.labels, -worth.amount);
  }

  #stepCompleted(event: RecordedEvent<'step.completed'>, monitored: MonitoredTask): void {
    const step = stepOf(event, monitored);
    for (const on of ['completed', 'attempt'] as const)
      this.#declared.count(step?.metrics ?? [], on, event, event.payload);
    const { durationMs } = event.payload;
    this.#judged(event, step, durationMs).add(event.occurredAt, durationMs);
  }

  /** Whether an attempt took too long, also one that failed: a timeout is the slowest there is. */
  #judged(event: RecordedEvent, step: MonitoredStep | undefined, durationMs: number): StepPast {
    const labels = [...taskOf(event), event.step ?? ''];
    const past = this.#past(JSON.stringify(labels));
    const limitMs = step?.bottleneckMs ?? null;
    const p95Ms = past.p95Ms();
    if (limitMs !== null && durationMs > limitMs) this.#table.add(names.bottlenecks, [...labels, 'limit']);
    else if (p95Ms !== null && durationMs > 2 * p95Ms) this.#table.add(names.bottlenecks, [...labels, 'own_past']);
    return past;
  }

  #stepFailed(event: RecordedEvent<'step.failed'>, monitored: MonitoredTask): void {
    const step = stepOf(event, monitored);
    const metrics = step?.metrics ?? [];
    this.#declared.count(metrics, 'attempt', event, event.payload);
    if (event.payload.final !== 'no') this.#declared.count(metrics, 'failed', event, event.payload);
    this.#table.add(names.failures, [...taskOf(event), event.step ?? '', event.payload.error.type]);
    // Nobody measured how long a lost worker was at it.
    if (event.payload.durationMs !== null) this.#judged(event, step, event.payload.durationMs);
    this.#inTrouble(event, monitored);
  }

  #past(key: string): StepPast {
    let past = this.#pasts.get(key);
    if (past === undefined) {
      past = new StepPast();
      this.#pasts.set(key, past);
    }
    return past;
  }

  /** null: the task is worth nothing, or its value is no amount of money. */
  #worth(event: RecordedEvent, monitored: MonitoredTask): Worth | null {
    const { revenue } = monitored;
    if (revenue === null) return null;
    const { business = {} } = event;
    const currency = currencyCode(business[revenue.currency], this.#defaultCurrency);
    const amount = minorUnits(business[revenue.value], revenue.unit, currency);
    if (amount === null) return null;
    return { amount, labels: [...taskOf(event), currency, ...this.#businessValues(event, monitored)] };
  }

  #labels(event: RecordedEvent, monitored: MonitoredTask): readonly string[] {
    return [...taskOf(event), ...this.#businessValues(event, monitored)];
  }

  #businessValues({ business = {} }: RecordedEvent, { labels }: MonitoredTask): readonly string[] {
    return this.#businessLabels.map((name) => {
      const field = labels[name];
      return field === undefined || !Object.hasOwn(business, field) ? '' : asLabel(business[field]);
    });
  }
}

function taskOf({ namespace = '', taskName = '' }: RecordedEvent): readonly string[] {
  return [namespace, taskName];
}

function stepOf({ step }: RecordedEvent, { steps }: MonitoredTask): MonitoredStep | undefined {
  return steps.find(({ name }) => name === step);
}
