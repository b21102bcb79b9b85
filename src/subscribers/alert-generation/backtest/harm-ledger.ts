import type { EachRecorded, LoggedEvent } from '../../../events/envelope.ts';
import { MonitoredTasks, type MonitoredTask } from '../../metrics/monitored-tasks.ts';
import { type Worth, worthOf } from '../evidence/worth.ts';
import type { BacktestReport, Harm, UncoveredHarm } from './backtest-report.ts';
import { addMoney, type IncidentRecord, moneyOf } from './incident-record.ts';

export interface HarmLedgerOptions {
  readonly sinceMs: number;
  readonly tasks: readonly MonitoredTask[];
  readonly defaultCurrency: string;
}

/** Something that befell a task: `trouble` is no harm yet, but tells which incident has hit the task. */
interface Note {
  readonly what: 'trouble' | 'failed' | 'breached' | 'lost';
  readonly taskId: string;
  readonly atMs: number;
  readonly namespace: string;
  readonly task: string;
  readonly step: string | null;
  worth: Worth | null;
  record: IncidentRecord | null;
  /** No incident has come for it. */
  isUncovered: boolean;
}

/** What follows so soon after an incident is still its own; as alert generation has it. */
const aftermathMs = 120_000;
/** An incident says since when it has been wrong: it speaks for what happened so long before it was known. */
const heldMs = 3_600_000;
const mostHeld = 20_000;
const mostTasks = 20_000;
const mostExamples = 100;

/**
 * What became of tasks, and which incident would have told of it: one that was open at its place, or just over; or one
 * that had hit the same task before. What happened before an incident was known waits for it for an hour.
 */
export class HarmLedger {
  readonly #options: HarmLedgerOptions;
  readonly #tasks: MonitoredTasks;
  readonly #waiting = new Set<Note>();
  /** By task: the incident that has hit it. */
  readonly #hit = new Map<string, IncidentRecord>();
  /** By task: money that a completion would bring back. */
  readonly #lost = new Map<string, Note>();
  #living: IncidentRecord[] = [];
  readonly #total = { failed: 0, breached: 0, lost: new Map<string, number>() };
  readonly #uncovered = { failed: 0, breached: 0, lost: new Map<string, number>() };
  readonly #examples: UncoveredHarm[] = [];

  constructor(options: HarmLedgerOptions) {
    this.#options = options;
    this.#tasks = new MonitoredTasks(options.tasks);
  }

  /** There is news of an incident. */
  told(record: IncidentRecord): void {
    if (!this.#living.includes(record)) this.#living.push(record);
    const { sinceMs } = record.latest;
    for (const note of this.#waiting) if (note.atMs >= sinceMs && isOf(note, record)) this.#cover(note, record);
    // What befell the tasks that it has hit is its own, at whichever step.
    for (const note of this.#waiting)
      if (note.atMs >= sinceMs && this.#hit.get(note.taskId) === record) this.#cover(note, record);
  }

  take(logged: LoggedEvent): void {
    if (logged.taskId === null || logged.name.startsWith('custom.')) return;
    const event = logged as EachRecorded;
    const { taskId } = logged;
    switch (event.name) {
      case 'step.stalled':
      case 'step.failed':
        return this.#note(event, taskId, 'trouble', event.step);
      case 'step.sla_breached':
        return this.#note(event, taskId, 'breached', event.step);
      case 'task.sla_breached': {
        const open = event.payload.openSteps;
        return this.#note(
          event,
          taskId,
          'breached',
          (open.find(({ status }) => status === 'in_progress') ?? open[0])?.step ?? null,
        );
      }
      case 'task.failed':
        return this.#note(event, taskId, 'failed', event.payload.failedSteps[0]?.step ?? null);
      case 'task.cancelled':
        return this.#note(event, taskId, 'lost', null);
      case 'task.completed':
      case 'task.resolved_manually':
        return this.#endedWell(taskId);
      default:
        return undefined;
    }
  }

  /** Everything has been read. */
  close(): void {
    for (const note of this.#waiting) this.#giveUp(note);
  }

  get total(): Harm {
    return { ...this.#total, lost: moneyOf(this.#total.lost) };
  }

  get uncovered(): BacktestReport['uncovered'] {
    return { ...this.#uncovered, lost: moneyOf(this.#uncovered.lost), examples: this.#examples };
  }

  #note(event: EachRecorded, taskId: string, what: Note['what'], step: string | null): void {
    const monitored = this.#tasks.of(event);
    if (monitored === undefined || (what !== 'trouble' && event.occurredAt < this.#options.sinceMs)) return;
    const { occurredAt: atMs, namespace = '', taskName: task = '' } = event;
    const isLoss = what === 'failed' || what === 'lost';
    // One that fails again after an operator's retry is lost once.
    const worth = isLoss && !this.#lost.has(taskId) ? worthOf(event, monitored, this.#options.defaultCurrency) : null;
    const note: Note = { what, taskId, atMs, namespace, task, step, worth, record: null, isUncovered: false };
    if (what === 'failed' || what === 'breached') this.#total[what] += 1;
    if (worth !== null) {
      addMoney(this.#total.lost, worth.currency, worth.amount);
      keep(this.#lost, taskId, note);
    }
    this.#age(atMs);
    this.#living = this.#living.filter(({ resolvedMs }) => resolvedMs === null || atMs - resolvedMs < aftermathMs);
    const record = this.#living.find((one) => isOf(note, one)) ?? this.#hit.get(taskId);
    this.#waiting.add(note);
    if (record !== undefined) this.#cover(note, record);
  }

  #cover(note: Note, record: IncidentRecord): void {
    this.#waiting.delete(note);
    note.record = record;
    keep(this.#hit, note.taskId, record);
    if (note.worth !== null) addMoney(record.lost, note.worth.currency, note.worth.amount);
    if (note.what !== 'failed' && note.what !== 'breached') return;
    record[note.what] += 1;
    record.firstHarmMs = Math.min(note.atMs, record.firstHarmMs ?? note.atMs);
  }

  #age(nowMs: number): void {
    for (const note of this.#waiting) {
      if (note.atMs >= nowMs - heldMs && this.#waiting.size < mostHeld) return;
      this.#giveUp(note);
    }
  }

  #giveUp(note: Note): void {
    this.#waiting.delete(note);
    const { what, taskId, atMs, namespace, task, step, worth } = note;
    note.isUncovered = true;
    if (worth !== null) addMoney(this.#uncovered.lost, worth.currency, worth.amount);
    if (what !== 'failed' && what !== 'breached') return;
    this.#uncovered[what] += 1;
    if (this.#examples.length < mostExamples) this.#examples.push({ what, taskId, atMs, namespace, task, step });
  }

  #endedWell(taskId: string): void {
    this.#hit.delete(taskId);
    const note = this.#lost.get(taskId);
    if (note?.worth === undefined || note.worth === null) return;
    this.#lost.delete(taskId);
    const { currency, amount } = note.worth;
    const counted = [
      this.#total.lost,
      ...(note.record === null ? [] : [note.record.lost]),
      ...(note.isUncovered ? [this.#uncovered.lost] : []),
    ];
    for (const money of counted) addMoney(money, currency, -amount);
    note.worth = null;
  }
}

/** At the incident's place. What is said of the engine speaks for no task. */
function isOf({ namespace, task, step }: Note, { latest }: IncidentRecord): boolean {
  return latest.namespace === namespace && latest.task === task && (latest.step === null || latest.step === step);
}

function keep<T>(all: Map<string, T>, key: string, value: T): void {
  all.delete(key);
  all.set(key, value);
  const [oldest] = all.keys();
  if (all.size > mostTasks && oldest !== undefined) all.delete(oldest);
}
