import { z } from 'zod';

import { alertMatch } from '../../events/alert-events.ts';
import type { EachDraft } from '../../log/append.ts';
import { toNewEvent } from '../../log/append.ts';
import type { Clock } from '../../shared/clock.ts';
import { TaskerError } from '../../shared/errors.ts';
import { type Random, uuidV7 } from '../../shared/ids.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import type { ProgressWriter, SubscriberStore } from '../subscriber-store.ts';
import type { AlertSilence } from './alert-facts.ts';
import { alertGenerationName, alertsIn, type AlertView, silencesIn } from './alert-generation.ts';

export const alertCommandKinds = ['acknowledge_alert', 'silence_alerts', 'lift_silence'] as const;
export type AlertCommandKind = (typeof alertCommandKinds)[number];

export function isAlertCommand(kind: string): kind is AlertCommandKind {
  return alertCommandKinds.some((one) => one === kind);
}

const by = z.string().min(1).max(128);
const why = z.string().max(2000);
const longestMs = 366 * 86_400_000;

const acknowledgeSchema = z.strictObject({ key: z.string().min(1).max(512), by, why });
const silenceSchema = z.strictObject({
  match: alertMatch.refine((match) => JSON.stringify(match).length <= 4000, 'expected less than 4000 characters'),
  forMs: z.number().int().min(1000).max(longestMs),
  by,
  why,
});
const liftSchema = z.strictObject({ id: z.string().min(1).max(64), by, why });

export interface AlertRequestParts {
  readonly store: Pick<SubscriberStore, 'load'>;
  readonly writer: ProgressWriter;
  readonly clock: Clock;
  readonly random: Random;
}

/** What operators ask of alerts: checked against what is stored of them, then recorded. Only the engine may do that. */
export class AlertRequests {
  readonly #parts: AlertRequestParts;

  constructor(parts: AlertRequestParts) {
    this.#parts = parts;
  }

  /** As its command row has it; the answer as that will hold it. */
  async carryOut(kind: AlertCommandKind, body: JsonObject): Promise<JsonObject> {
    return JSON.parse(JSON.stringify(await this.#carryOut(kind, body))) as JsonObject;
  }

  #carryOut(kind: AlertCommandKind, body: JsonObject): Promise<AlertView | AlertSilence> {
    switch (kind) {
      case 'acknowledge_alert':
        return this.#acknowledge(checked(acknowledgeSchema, body));
      case 'silence_alerts':
        return this.#silence(checked(silenceSchema, body));
      case 'lift_silence':
        return this.#lift(checked(liftSchema, body));
    }
  }

  async #acknowledge({ key, ...who }: z.infer<typeof acknowledgeSchema>): Promise<AlertView> {
    const alert = alertsIn(await this.#stored()).find(({ incident }) => incident.key === key);
    if (alert === undefined) throw new TaskerError('TASKER_ALERT_NOT_FOUND', `There is no alert '${key}'.`);
    if (alert.state === 'resolved')
      throw new TaskerError(
        'TASKER_TRANSITION_REFUSED',
        `Alert '${key}' is resolved: there is nothing to acknowledge.`,
      );
    if (alert.acknowledged !== null) return alert;
    const occurredAt = this.#parts.clock.now();
    await this.#record({ name: 'alert.acknowledged', occurredAt, payload: { incident: key, ...who } });
    return { ...alert, state: 'acknowledged', acknowledged: { ...who, atMs: occurredAt } };
  }

  async #silence({ match, forMs, ...who }: z.infer<typeof silenceSchema>): Promise<AlertSilence> {
    await this.#stored();
    const fromMs = this.#parts.clock.now();
    const silence = { id: uuidV7(fromMs, this.#parts.random), match, fromMs, untilMs: fromMs + forMs };
    await this.#record({ name: 'alert.silenced', occurredAt: fromMs, payload: { silence, ...who } });
    return silence;
  }

  async #lift({ id, ...who }: z.infer<typeof liftSchema>): Promise<AlertSilence> {
    const nowMs = this.#parts.clock.now();
    const silence = silencesIn(await this.#stored(), nowMs).find((one) => one.id === id);
    if (silence === undefined) throw new TaskerError('TASKER_ALERT_NOT_FOUND', `There is no silence '${id}' in force.`);
    // Its end at its beginning: it is as if it had never been.
    const { match, fromMs } = silence;
    const lifted = { id, match, fromMs, untilMs: fromMs };
    await this.#record({ name: 'alert.silenced', occurredAt: nowMs, payload: { silence: lifted, ...who } });
    return lifted;
  }

  async #stored(): Promise<JsonValue> {
    const stored = await this.#parts.store.load(alertGenerationName);
    if (stored === null || stored.state === null)
      throw new TaskerError(
        'TASKER_ALERT_NOT_FOUND',
        'This store knows no alerts: nothing asks for them. A sink that takes alerts does, or `alerts` in the configuration.',
      );
    return JSON.parse(stored.state) as JsonValue;
  }

  async #record(fact: EachDraft): Promise<void> {
    const events = [toNewEvent(fact, this.#parts.random)];
    const result = await this.#parts.writer.save({ kind: 'note', subscriber: alertGenerationName, events });
    if (result.kind === 'failed') throw result.error;
    if (result.kind === 'stale')
      throw new TaskerError('TASKER_ENGINE_NOT_RUNNING', 'This process is no longer the engine of its store.');
  }
}

function checked<T>(schema: z.ZodType<T>, body: JsonObject): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new TaskerError('TASKER_REQUEST_INVALID', `The request is not valid: ${problems.join('; ')}.`);
}
