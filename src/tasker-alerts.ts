import { askForAnswer } from './execution/client.ts';
import type { Engine } from './execution/engine.ts';
import type { Storage } from './execution/storage.ts';
import type { Clock } from './shared/clock.ts';
import { TaskerError } from './shared/errors.ts';
import type { Random } from './shared/ids.ts';
import type { JsonObject, JsonValue } from './shared/json.ts';
import type { AlertSilence } from './subscribers/alert-generation/alert-facts.ts';
import {
  alertGenerationName,
  alertsIn,
  type AlertView,
  type PendingAlert,
  pendingIn,
  silencesIn,
} from './subscribers/alert-generation/alert-generation.ts';
import type { AlertCommandKind, AlertRequests } from './subscribers/alert-generation/alert-requests.ts';
import { asJson, whoAndWhy } from './operator-words.ts';
import type { AlertTest, AlertTestOptions, OperatorAction, SilenceInput, Tasker, TestedRoute } from './tasker.ts';

export interface TaskerAlertsParts {
  readonly engine: Engine;
  readonly storage: Storage;
  readonly alertRequests: AlertRequests;
  readonly backtestAlerts: Tasker['backtestAlerts'];
  readonly testAlert: (test: AlertTest, options: AlertTestOptions) => Promise<TestedRoute>;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is asked about alerts: of what is stored of them; and of this process if it is the engine, else of the one that is. */
export class TaskerAlerts {
  readonly #parts: TaskerAlertsParts;

  constructor(parts: TaskerAlertsParts) {
    this.#parts = parts;
  }

  async list(): Promise<readonly AlertView[]> {
    const stored = await this.#stored();
    return stored === null ? [] : alertsIn(stored);
  }

  async pending(): Promise<readonly PendingAlert[]> {
    const stored = await this.#stored();
    return stored === null ? [] : pendingIn(stored);
  }

  async silences(): Promise<readonly AlertSilence[]> {
    const stored = await this.#stored();
    return stored === null ? [] : silencesIn(stored, this.#parts.clock.now());
  }

  acknowledge(key: string, who: OperatorAction): Promise<AlertView> {
    return this.#ask('acknowledge_alert', { key, ...whoAndWhy(who) });
  }

  async silence({ match, untilMs, forMs, ...who }: SilenceInput): Promise<AlertSilence> {
    if ((untilMs === undefined) === (forMs === undefined))
      throw new TaskerError('TASKER_REQUEST_INVALID', 'A silence has an end: expected either untilMs or forMs.');
    const lasts = forMs ?? (untilMs ?? 0) - this.#parts.clock.now();
    return this.#ask('silence_alerts', { match: match as JsonObject, forMs: Math.round(lasts), ...whoAndWhy(who) });
  }

  lift(id: string, who: OperatorAction): Promise<AlertSilence> {
    return this.#ask('lift_silence', { id, ...whoAndWhy(who) });
  }

  test(test: AlertTest, options: AlertTestOptions): Promise<TestedRoute> {
    return this.#parts.testAlert(test, options);
  }

  async #ask<T>(kind: AlertCommandKind, body: JsonObject): Promise<T> {
    const asked = asJson(body);
    const { engine, alertRequests } = this.#parts;
    const answer = engine.running
      ? await alertRequests.carryOut(kind, asked)
      : await askForAnswer(this.#parts, kind, asked);
    return answer as T;
  }

  async #stored(): Promise<JsonValue> {
    const stored = await this.#parts.storage.subscribers.load(alertGenerationName);
    return stored === null || stored.state === null ? null : (JSON.parse(stored.state) as JsonValue);
  }
}
