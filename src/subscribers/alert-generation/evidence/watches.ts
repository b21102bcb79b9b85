import type { JsonValue } from '../../../shared/json.ts';
import type { CustomerGroups } from './customer-groups.ts';
import { OutcomeWatch } from './outcome-watch.ts';
import { PresentWorkers } from './present-workers.ts';
import { RecentTasks } from './recent-tasks.ts';
import { StepWatch } from './step-watch.ts';
import { TrafficWatch } from './traffic-watch.ts';
import { Trouble } from './trouble.ts';
import { TypicalWorth } from './worth.ts';

/** What is known of one kind of task, over all its versions. */
export class TaskWatch {
  readonly traffic = new TrafficWatch();
  readonly outcomes = new OutcomeWatch();
  readonly typical = new TypicalWorth();
  readonly steps = new Map<string, StepWatch>();
  /** By what befell them and at which step. */
  readonly befallen = new Map<string, RecentTasks>();
  readonly namespace: string;
  readonly task: string;

  constructor(namespace: string, task: string) {
    this.namespace = namespace;
    this.task = task;
  }

  step(name: string): StepWatch {
    let watch = this.steps.get(name);
    if (watch === undefined) {
      watch = new StepWatch();
      this.steps.set(name, watch);
    }
    return watch;
  }

  /** `what`: the kind of policy that counts it, or `lost`. `step`: empty for what concerns the task as a whole. */
  tasksWith(what: string, step: string): RecentTasks {
    const key = `${what}\u0000${step}`;
    let tasks = this.befallen.get(key);
    if (tasks === undefined) {
      tasks = new RecentTasks();
      this.befallen.set(key, tasks);
    }
    return tasks;
  }

  endedWell(task: string): void {
    for (const tasks of this.befallen.values()) tasks.remove(task);
  }

  encode(): JsonValue {
    return {
      name: [this.namespace, this.task],
      traffic: this.traffic.encode(),
      outcomes: this.outcomes.encode(),
      typical: this.typical.encode(),
      steps: Object.fromEntries([...this.steps].map(([name, watch]) => [name, watch.encode()])),
      befallen: Object.fromEntries(
        [...this.befallen].filter(([, tasks]) => !tasks.isEmpty).map(([key, tasks]) => [key, tasks.encode()]),
      ),
    };
  }

  restore(stored: JsonValue, sameFields: boolean): void {
    const { traffic, outcomes, typical, steps, befallen } = stored as {
      traffic: JsonValue;
      outcomes: JsonValue;
      typical: JsonValue;
      steps: Record<string, JsonValue>;
      befallen: Record<string, JsonValue>;
    };
    this.traffic.restore(traffic);
    this.outcomes.restore(outcomes);
    this.typical.restore(typical);
    for (const [name, watch] of Object.entries(steps)) this.step(name).restore(watch, sameFields);
    for (const [key, tasks] of Object.entries(befallen)) {
      const recent = new RecentTasks();
      recent.restore(tasks);
      this.befallen.set(key, recent);
    }
  }
}

/** Something about the engine that goes on, or has happened just now. */
export interface EngineTrouble {
  readonly sinceMs: number;
  /** What it is about: a worker, a subscriber, a sink. */
  readonly about: string;
  /** For people, in a few words. */
  readonly detail: string;
}

/** Workers come and go. */
const mostOfEngine = 1000;

/** Everything that conditions are judged by, as it follows from the log. */
export class Watches {
  readonly groups: CustomerGroups;
  readonly trouble = new Trouble();
  /** All tasks together: that nothing at all is started is one thing, not one for each kind. */
  readonly traffic = new TrafficWatch();
  readonly workers = new PresentWorkers();
  /** By `namespace.task`. */
  readonly tasks = new Map<string, TaskWatch>();
  /** By kind of policy and what it is about. */
  readonly engine = new Map<string, EngineTrouble>();

  constructor(groups: CustomerGroups) {
    this.groups = groups;
  }

  task(namespace: string, task: string): TaskWatch {
    const key = `${namespace}.${task}`;
    let watch = this.tasks.get(key);
    if (watch === undefined) {
      watch = new TaskWatch(namespace, task);
      this.tasks.set(key, watch);
    }
    return watch;
  }

  engineTrouble(kind: string, about: string): EngineTrouble | undefined {
    return this.engine.get(`${kind}\u0000${about}`);
  }

  noteEngine(kind: string, trouble: EngineTrouble): void {
    this.engine.delete(`${kind}\u0000${trouble.about}`);
    this.engine.set(`${kind}\u0000${trouble.about}`, trouble);
    const [oldest] = this.engine.keys();
    if (this.engine.size > mostOfEngine && oldest !== undefined) this.engine.delete(oldest);
  }

  endEngine(kind: string, about: string): void {
    this.engine.delete(`${kind}\u0000${about}`);
  }

  encode(): JsonValue {
    return {
      groups: this.groups.encode(),
      trouble: this.trouble.encode(),
      traffic: this.traffic.encode(),
      workers: this.workers.encode(),
      tasks: [...this.tasks.values()].map((task) => task.encode()),
      engine: [...this.engine].map(([key, { sinceMs, about, detail }]) => [key, sinceMs, about, detail]),
    };
  }

  /** False: other fields tell customers apart now than did then. */
  restore(stored: JsonValue): boolean {
    const { groups, trouble, traffic, workers, tasks, engine } = stored as unknown as {
      groups: JsonValue;
      trouble: JsonValue;
      traffic: JsonValue;
      /** Left out by what was stored before these were. */
      workers?: JsonValue;
      tasks: { readonly name: readonly [string, string] }[];
      engine: [string, number, string, string][];
    };
    const sameFields = this.groups.restore(groups);
    this.trouble.restore(trouble, sameFields);
    this.traffic.restore(traffic);
    this.workers.restore(workers ?? []);
    for (const task of tasks) this.task(...task.name).restore(task as unknown as JsonValue, sameFields);
    for (const [key, sinceMs, about, detail] of engine) this.engine.set(key, { sinceMs, about, detail });
    return sameFields;
  }
}
