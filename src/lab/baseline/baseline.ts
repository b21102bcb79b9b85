import type { AlertIncident, LoggedEvent, RecordedEvent } from '../../index.ts';
import type { Received } from '../measure/incidents.ts';
import { type BaselineRule, baselineRules, holds, rangeSeconds, type StepSeries, type TaskSeries } from './rules.ts';
import { CounterSeries } from './series.ts';

const intervalMs = 15_000;

interface Instance {
  readonly rule: BaselineRule;
  readonly namespace: string;
  readonly task: string;
  readonly step: string | null;
  readonly series: TaskSeries & StepSeries;
  activeSinceMs: number | null;
  firing: AlertIncident | null;
}

export interface WatchedTask {
  readonly namespace: string;
  readonly name: string;
  readonly steps: readonly { readonly name: string }[];
}

/**
 * Three rules over the same recorded events, as Prometheus would evaluate them: counters scraped every 15 s, rules
 * evaluated right after each scrape, `for` counted from the first evaluation that held. No time is added for grouping
 * or sending. A firing is told as an incident, so that both are measured alike.
 */
export class Baseline {
  readonly received: Received[] = [];
  readonly #tasks = new Map<string, TaskSeries>();
  readonly #steps = new Map<string, StepSeries>();
  readonly #instances: Instance[];
  #nextMs: number;
  #fired = 0;

  constructor(tasks: readonly WatchedTask[], startMs: number) {
    this.#nextMs = startMs;
    const counter = (): CounterSeries => new CounterSeries(rangeSeconds);
    this.#instances = tasks.flatMap(({ namespace, name: task, steps }) => {
      const ofTask = { started: counter(), completed: counter(), premiumFailed: counter() };
      this.#tasks.set(`${namespace} ${task}`, ofTask);
      const idle = { sum: counter(), count: counter() };
      const none = { activeSinceMs: null, firing: null };
      const ofSteps = steps.map(({ name: step }) => {
        const series = { sum: counter(), count: counter() };
        this.#steps.set(`${namespace} ${task} ${step}`, series);
        return { namespace, task, step, series: { ...ofTask, ...series }, ...none };
      });
      return baselineRules.flatMap((rule): Instance[] =>
        rule.name === 'StepSlow'
          ? ofSteps.map((one) => ({ rule, ...one }))
          : [{ rule, namespace, task, step: null, series: { ...ofTask, ...idle }, ...none }],
      );
    });
  }

  take(event: LoggedEvent): void {
    this.advanceTo(event.occurredAt);
    const { namespace = '', taskName = '', step } = event;
    const task = this.#tasks.get(`${namespace} ${taskName}`);
    if (task === undefined) return;
    switch (event.name) {
      case 'task.initialize_requested':
        return task.started.add(1);
      case 'task.completed':
        return task.completed.add(1);
      case 'task.failed':
        if (event.business?.['customer_tier'] === 'premium') task.premiumFailed.add(1);
        return undefined;
      case 'step.completed':
      case 'step.failed': {
        const { durationMs } = (event as RecordedEvent<'step.completed' | 'step.failed'>).payload;
        const series = this.#steps.get(`${namespace} ${taskName} ${step}`);
        series?.sum.add((durationMs ?? 0) / 1000);
        return series?.count.add(1);
      }
      default:
        return undefined;
    }
  }

  /** Scrapes and evaluations before that moment: what happens at it is seen by the next. */
  advanceTo(atMs: number): void {
    for (; this.#nextMs < atMs; this.#nextMs += intervalMs) this.#evaluate(this.#nextMs);
  }

  #evaluate(atMs: number): void {
    const at = atMs / 1000;
    for (const { started, completed, premiumFailed } of this.#tasks.values())
      for (const counter of [started, completed, premiumFailed]) counter.scrape(at);
    for (const { sum, count } of this.#steps.values()) for (const counter of [sum, count]) counter.scrape(at);
    for (const instance of this.#instances) this.#judge(instance, atMs);
  }

  #judge(instance: Instance, atMs: number): void {
    if (!holds(instance.rule, instance.series, atMs / 1000)) {
      if (instance.firing !== null) this.#say('resolve', instance.firing, atMs);
      instance.activeSinceMs = null;
      instance.firing = null;
      return;
    }
    instance.activeSinceMs ??= atMs;
    if (instance.firing !== null || atMs - instance.activeSinceMs < instance.rule.forSeconds * 1000) return;
    this.#fired += 1;
    instance.firing = incidentOf(instance, `${this.#fired}`, atMs);
    this.#say('trigger', instance.firing, atMs);
  }

  #say(kind: 'trigger' | 'resolve', incident: AlertIncident, atMs: number): void {
    this.received.push({ atMs, notice: { kind, atMs, incident } });
  }
}

/** What the labels of such an alert tell, and nothing else. */
function incidentOf({ rule, namespace, task, step }: Instance, key: string, atMs: number): AlertIncident {
  const isPremium = rule.name === 'PremiumFailed';
  return {
    key,
    severity: 'critical',
    environment: 'lab',
    policy: rule.name,
    joined: [],
    summary: `${namespace}.${task}${step === null ? '' : `, step ${step}`}: ${rule.meaning}`,
    namespace,
    task,
    step,
    system: null,
    cause: rule.name === 'StepSlow' ? 'slow' : 'unknown',
    firstError: null,
    sinceMs: atMs,
    tasksHit: 0,
    hitBy: {},
    scope: isPremium ? [{ field: 'customer_tier', values: ['premium'] }] : [],
    lost: {},
    atRisk: {},
    trend: 'steady',
    action: '',
    runbookUrl: null,
    consoleUrl: null,
    labels: {},
    exampleTask: null,
    exampleTrace: null,
  };
}
