import type { AlertIncident, AlertNotice, LoggedEvent } from '../tasker.ts';
import { drawSign } from './draw-sign.ts';
import { isFailedAttempt, isFirstSign, isWellAgain } from './first-sign.ts';
import type { Incident } from './incident.ts';
import { Ledger } from './ledger.ts';
import type { Done } from './trouble.ts';
import { type ToldEvent, toldEvent } from './told-event.ts';

/** The moments of a run between which seconds are counted. */
export const markNames = [
  'faultBegan',
  'firstSign',
  'firstFailedAttempt',
  'firstFailedCheckout',
  'notified',
  'faultEnded',
  'wellAgain',
  'allThrough',
  'resolved',
] as const;
export type MarkName = (typeof markNames)[number];

export type Moment =
  /** What was done to the system. */
  | { readonly kind: 'fault'; readonly atMs: number; readonly text: string }
  /** What the log says. */
  | { readonly kind: 'seen'; readonly atMs: number; readonly text: string }
  /** What a receiver of alerts is told; `before`: what it was told last of the same incident. */
  | {
      readonly kind: 'notice';
      readonly atMs: number;
      readonly notice: AlertNotice;
      readonly before: AlertIncident | null;
    };

/**
 * Tells a run as it unfolds, from what was done to the system, the recorded events and the alerts as they come in.
 * Only firsts are told of events: what there is hundreds of is a figure, not a moment.
 */
export class Chronicle {
  readonly marks = new Map<MarkName, number>();
  readonly ledger = new Ledger();
  /** Of each incident what was told last, in the order of their triggers. */
  readonly told = new Map<string, AlertIncident>();
  readonly open = new Set<string>();
  /** Minor units by currency, of one notice each. */
  readonly mostAtRisk = new Map<string, number>();
  readonly #incident: Incident;
  readonly #tell: (moment: Moment) => void;
  /** Checkouts that were open when the fault ended, and still are; null before. */
  #hit: Set<string> | null = null;

  constructor(incident: Incident, tell: (moment: Moment) => void) {
    this.#incident = incident;
    this.#tell = tell;
  }

  /** What all incidents that have been told amount to, the one about the truth's step first. */
  get main(): AlertIncident | null {
    const { step } = this.#incident.truth;
    const all = [...this.told.values()];
    return all.find((told) => told.step === step) ?? all[0] ?? null;
  }

  faultBegins(done: Done): void {
    this.marks.set('faultBegan', done.atMs);
    this.#tell({ kind: 'fault', ...done });
  }

  /** The log must have been read up to there: what is open is what the fault has left. */
  faultEnds(done: Done): void {
    this.marks.set('faultEnded', done.atMs);
    this.#hit = new Set(this.ledger.openTasks);
    this.#tell({ kind: 'fault', ...done });
  }

  event(logged: LoggedEvent): void {
    const event = toldEvent(logged);
    if (event === null) return;
    this.ledger.tell(event);
    const began = this.marks.get('faultBegan');
    if (began === undefined || event.occurredAt < began) return;
    const { firstSign, truth } = this.#incident;
    if (isFirstSign(event, firstSign, truth)) this.#first('firstSign', event);
    if (isFailedAttempt(event, truth)) this.#first('firstFailedAttempt', event);
    if (event.name === 'task.failed') this.#first('firstFailedCheckout', event);
    const ended = this.marks.get('faultEnded');
    if (ended === undefined) return;
    if (isWellAgain(event, this.#incident, ended)) this.#first('wellAgain', event);
    if (this.#hit?.delete(event.taskId ?? '') === true) {
      if (this.ledger.openTasks.has(event.taskId ?? '')) this.#hit.add(event.taskId ?? '');
      else if (this.#hit.size === 0) this.#first('allThrough', event);
    }
  }

  notice(notice: AlertNotice, atMs: number): void {
    if (notice.kind === 'summary') return this.#tell({ kind: 'notice', atMs, notice, before: null });
    const { incident, kind } = notice;
    const before = this.told.get(incident.key) ?? null;
    this.told.set(incident.key, incident);
    for (const [currency, minor] of Object.entries(incident.atRisk))
      this.mostAtRisk.set(currency, Math.max(minor, this.mostAtRisk.get(currency) ?? 0));
    if (kind === 'resolve' || kind === 'settle') this.open.delete(incident.key);
    else this.open.add(incident.key);
    // An alert before the fault is none about it: it would be a false one, and is shown as what it is.
    if (kind === 'trigger' && this.marks.has('faultBegan') && !this.marks.has('notified') && this.#names(incident))
      this.marks.set('notified', atMs);
    if (kind === 'resolve' && this.open.size === 0 && this.marks.has('notified')) this.marks.set('resolved', atMs);
    this.#tell({ kind: 'notice', atMs, notice, before });
  }

  /** An alert was resolved with money at risk: if any of that is lost, its cost is told once more. */
  get mayCostMore(): boolean {
    const over = [...this.told.values()].filter(({ key }) => !this.open.has(key));
    return over.some(({ atRisk }) => Object.keys(atRisk).length > 0);
  }

  #names({ step }: AlertIncident): boolean {
    return step === this.#incident.truth.step;
  }

  #first(mark: MarkName, event: ToldEvent): void {
    if (this.marks.has(mark)) return;
    this.marks.set(mark, event.occurredAt);
    // A failed attempt that is the first sign has been told as that.
    const isTold = mark === 'firstFailedAttempt' && this.#incident.firstSign.kind === 'failed';
    if (!isTold) this.#tell({ kind: 'seen', atMs: event.occurredAt, text: drawSign(mark, event) });
  }
}
