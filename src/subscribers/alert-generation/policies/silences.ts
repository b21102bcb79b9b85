import type { JsonValue } from '../../../shared/json.ts';
import type { AlertIncident } from '../../../signals/alert.ts';
import { type AlertMatch, matches } from './alert-match.ts';
import { inMaintenance, type MaintenanceWindow } from './maintenance.ts';

/** As an operator has asked for it. */
export interface Silence {
  readonly id: string;
  readonly match: AlertMatch;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly by: string;
  readonly why: string;
}

const most = 1000;

/** Which incidents nobody is to be told of for a while: by operators' wish, or because work is announced. */
export class Silences {
  readonly #maintenance: readonly MaintenanceWindow[];
  readonly #silences = new Map<string, Silence>();

  constructor(maintenance: readonly MaintenanceWindow[]) {
    this.#maintenance = maintenance;
  }

  get all(): readonly Silence[] {
    return [...this.#silences.values()];
  }

  /** One that ends no later than it begins is lifted. */
  take({
    silence,
    by,
    why,
  }: {
    readonly silence: Omit<Silence, 'by' | 'why'>;
    readonly by: string;
    readonly why: string;
  }): void {
    this.#silences.delete(silence.id);
    if (silence.untilMs <= silence.fromMs) return;
    this.#silences.set(silence.id, { ...silence, by, why });
    const [oldest] = this.#silences.keys();
    if (this.#silences.size > most && oldest !== undefined) this.#silences.delete(oldest);
  }

  covers(incident: AlertIncident, nowMs: number): boolean {
    for (const { match, fromMs, untilMs } of this.#silences.values())
      if (nowMs >= fromMs && nowMs < untilMs && matches(match, incident)) return true;
    return inMaintenance(this.#maintenance, incident, nowMs);
  }

  /** Those that are over; whether there was any. */
  forget(nowMs: number): boolean {
    const before = this.#silences.size;
    for (const { id, untilMs } of this.#silences.values()) if (untilMs <= nowMs) this.#silences.delete(id);
    return this.#silences.size < before;
  }

  encode(): JsonValue {
    return this.all as unknown as JsonValue;
  }

  restore(stored: JsonValue): void {
    for (const silence of stored as unknown as Silence[]) this.#silences.set(silence.id, silence);
  }
}
