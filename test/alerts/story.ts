import type { JsonValue } from '../../src/shared/json.ts';
import type { LoggedEvent } from '../../src/events/envelope.ts';
import type { AlertFact } from '../../src/subscribers/alert-generation/incidents/incident-teller.ts';
import { Alerting, type AlertingOptions } from '../../src/subscribers/alert-generation/alerting.ts';
import type { TaskAlerting } from '../../src/subscribers/alert-generation/policies/alerted-task.ts';
import type { PolicyInput } from '../../src/subscribers/alert-generation/policies/policies.ts';
import type { MonitoredTask } from '../../src/subscribers/metrics/monitored-tasks.ts';
import { startMs, steps } from './simulated-checkouts.ts';

export function checkoutTask(alerting: Partial<TaskAlerting> = {}): MonitoredTask {
  return {
    namespace: 'shop',
    task: 'checkout',
    version: '1.0.0',
    hasSla: true,
    tracksConversion: true,
    revenue: { value: 'order_value', unit: 'minor', currency: 'currency' },
    labels: {},
    metrics: [],
    steps: steps.map((name) => ({
      name,
      system: name.split('_')[1] ?? name,
      bottleneckMs: null,
      stallMs: 10_000,
      metrics: [],
    })),
    alerting: { critical: true, onFailure: false, labels: {}, runbookUrl: null, policies: [], ...alerting },
  };
}

export function alertingOptions(
  policies: readonly PolicyInput[] = [],
  { alerting = {}, ...more }: Partial<AlertingOptions> & { readonly alerting?: Partial<TaskAlerting> } = {},
): AlertingOptions {
  return {
    tasks: [checkoutTask(alerting)],
    policies,
    environment: 'test',
    scopeFields: ['customer_tier', 'region', 'payment_method'],
    maintenance: [],
    runbookBaseUrl: null,
    consoleBaseUrl: null,
    defaultCurrency: 'USD',
    errorClasses: {},
    ...more,
  };
}

export interface Customer {
  readonly [field: string]: string | number;
}

const usualCustomer: Customer = { customer_tier: 'standard', region: 'eu', order_value: 1000, currency: 'USD' };

/** Events told one by one, on a clock of their own that ticks every second in between. */
export class Story {
  readonly facts: AlertFact[] = [];
  readonly #options: AlertingOptions;
  #alerting: Alerting;
  #nowMs = startMs;
  #tickedMs = startMs;
  #position = 0;
  #customers = new Map<string, Customer>();

  constructor(options: AlertingOptions = alertingOptions()) {
    this.#options = options;
    this.#alerting = new Alerting(options);
    this.#alerting.tick(startMs);
  }

  /** Seconds since the beginning. */
  get now(): number {
    return (this.#nowMs - startMs) / 1000;
  }

  get alerting(): Alerting {
    return this.#alerting;
  }

  wait(seconds: number): this {
    const until = this.#nowMs + seconds * 1000;
    while (this.#tickedMs + 1000 <= until) {
      this.#tickedMs += 1000;
      this.#alerting.tick(this.#tickedMs);
      this.#drain();
    }
    this.#nowMs = until;
    return this;
  }

  /** Time passes while the log is not read to its end: nothing ticks. */
  behind(seconds: number): this {
    this.#nowMs += seconds * 1000;
    this.#tickedMs = this.#nowMs;
    return this;
  }

  /** Nobody is there, and nothing ticks. */
  away(seconds: number): this {
    this.#nowMs += seconds * 1000;
    this.#tickedMs = this.#nowMs;
    return this.restart();
  }

  /** As after a crash: what was saved is all there is. */
  restart(): this {
    const stored = JSON.parse(JSON.stringify(this.#alerting.encode())) as JsonValue;
    this.#alerting = new Alerting(this.#options);
    this.#alerting.restore(stored);
    return this;
  }

  start(task: string, customer: Customer = {}): this {
    this.#customers.set(task, { ...usualCustomer, ...customer });
    return this.tell('task.initialize_requested', {}, task);
  }

  /** Well from the first step to the last, within a second. */
  checkout(task: string, customer: Customer = {}): this {
    this.start(task, customer);
    for (const step of steps) this.done(task, step);
    return this.completed(task);
  }

  /** So many usual ones, one a second or as often as is said. */
  usual(count: number, everySeconds = 1): this {
    for (let number = 0; number < count; number += 1) {
      this.checkout(`usual-${this.#position}`);
      this.wait(everySeconds);
    }
    return this;
  }

  done(task: string, step: string, durationMs = 50, more: { readonly blockedMs?: number } = {}): this {
    const startedAt = this.#nowMs - durationMs;
    return this.tell('step.completed', { durationMs, startedAt, results: {}, ...more }, task, step);
  }

  stalled(task: string, step: string, stallMs = 10_000): this {
    return this.tell('step.stalled', { stallMs, runningMs: stallMs, silentMs: stallMs, heartbeats: 0 }, task, step);
  }

  failed(
    task: string,
    step: string,
    error: object = { type: 'ServiceError', status: 502 },
    final = 'no',
    attempt = 1,
    more: object = {},
  ): this {
    const payload = {
      cause: 'error',
      final,
      error,
      durationMs: 50,
      startedAt: this.#nowMs - 50,
      failures: 1,
      losses: 0,
      retryLimit: 3,
      ...more,
    };
    return this.tell('step.failed', payload, task, step, attempt);
  }

  /** The last attempt, and the task with it. */
  failedForGood(
    task: string,
    step: string,
    final = 'exhausted',
    error: object = { type: 'ServiceError', status: 502 },
  ): this {
    this.failed(task, step, error, final);
    const failedSteps = [{ step, attempt: 1, cause: 'error', final, error }];
    return this.tell(
      'task.failed',
      { durationMs: 100, steps: 5, completedSteps: 0, attempts: 1, failedSteps, blockedSteps: [] },
      task,
    );
  }

  completed(task: string): this {
    return this.tell('task.completed', { durationMs: 500, steps: 5, attempts: 5, resolvedSteps: [] }, task);
  }

  breached(task: string, step: string): this {
    const openSteps = [{ step, status: 'in_progress', attempt: 1, since: this.#nowMs }];
    return this.tell(
      'task.sla_breached',
      { slaMs: 45_000, deadlineAt: this.#nowMs, elapsedMs: 45_000, openSteps },
      task,
    );
  }

  tell(name: string, payload: object, task?: string, step?: string, attempt = 1): this {
    this.#position += 1;
    const ofTask =
      task === undefined
        ? {}
        : {
            namespace: 'shop',
            taskName: 'checkout',
            version: '1.0.0',
            business: this.#customers.get(task) ?? usualCustomer,
            traceId: '0af7651916cd43dd8448eb211c80319c',
          };
    this.#alerting.take({
      ...ofTask,
      id: `event-${this.#position}`,
      position: this.#position,
      name,
      schemaVersion: 1,
      occurredAt: this.#nowMs,
      taskId: task ?? null,
      step: step ?? null,
      attempt: step === undefined ? null : attempt,
      causationId: null,
      spanId: null,
      parentSpanId: null,
      payload,
    } as unknown as LoggedEvent);
    this.#drain();
    return this;
  }

  /** What was said of incidents, in short: `triggered step_stalled update_inventory`. */
  get said(): readonly string[] {
    return this.facts.map(
      ({ kind, incident }) => `${kind} ${incident.policy}${incident.step === null ? '' : ` ${incident.step}`}`,
    );
  }

  #drain(): void {
    this.facts.push(...this.#alerting.drain());
  }
}
