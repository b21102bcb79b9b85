import type { LoggedEvent } from '../../events/envelope.ts';
import type { TaskAlerting } from '../alert-generation/policies/alerted-task.ts';

/** A counter or histogram that a template declares. */
export interface DeclaredMetric {
  readonly name: string;
  readonly type: 'counter' | 'histogram';
  /** Where the amount comes from: `duration`, `context.…` or `results.…`; null: each counts one. */
  readonly value: string | null;
  /** By label name: `context.…` or `results.…`; anything else is taken as it reads. */
  readonly labels: Readonly<Record<string, string>>;
  readonly on: 'completed' | 'failed' | 'attempt';
}

export interface MonitoredStep {
  readonly name: string;
  /** The system that it depends on. */
  readonly system: string;
  /** How long an attempt may go without a sign of life. */
  readonly stallMs: number;
  /** An attempt that takes longer is a bottleneck; null: judged by the step's own past alone. */
  readonly bottleneckMs: number | null;
  readonly metrics: readonly DeclaredMetric[];
}

/** What a template says about how its tasks are watched. Plain JSON: it goes to the thread that watches. */
export interface MonitoredTask {
  readonly namespace: string;
  readonly task: string;
  readonly version: string;
  readonly hasSla: boolean;
  readonly tracksConversion: boolean;
  /** null: it is worth nothing. */
  readonly revenue: {
    /** The context field with the value. */
    readonly value: string;
    readonly unit: 'minor' | 'major';
    /** The context field with the currency. */
    readonly currency: string;
  } | null;
  /** What business metrics are labelled with: the context field of each label. */
  readonly labels: Readonly<Record<string, string>>;
  readonly metrics: readonly DeclaredMetric[];
  readonly steps: readonly MonitoredStep[];
  readonly alerting: TaskAlerting;
}

/** Finds what is said about an event's task: by its version, else by the newest of the same task. */
export class MonitoredTasks {
  readonly #byVersion = new Map<string, MonitoredTask>();
  readonly #newest = new Map<string, MonitoredTask>();

  /** In the order in which they are registered, which is that of their versions. */
  constructor(tasks: readonly MonitoredTask[]) {
    for (const one of tasks) {
      this.#byVersion.set(`${one.namespace}.${one.task}@${one.version}`, one);
      this.#newest.set(`${one.namespace}.${one.task}`, one);
    }
  }

  of({ namespace = '', taskName = '', version = '' }: LoggedEvent): MonitoredTask | undefined {
    return this.#byVersion.get(`${namespace}.${taskName}@${version}`) ?? this.#newest.get(`${namespace}.${taskName}`);
  }
}
