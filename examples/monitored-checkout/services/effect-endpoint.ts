import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom } from '../seeded-random.ts';
import { EffectLedger } from './effect-ledger.ts';
import { faultMatches, type Fault, type FaultPoint } from './fault.ts';
import { IdempotentAnswers } from './idempotent-answers.ts';
import { refuse, type Answer, type RequestBody, type ServiceDefinition, type ServiceStats } from './service.ts';

export type Reply =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly headers: Readonly<Record<string, string>> }
  /** Say nothing, ever. */
  | { readonly kind: 'hang' };

export interface EffectRequest {
  readonly key: string | undefined;
  readonly text: string;
}

/** What becomes of a call that has an effect: what the fault switch does to it, whether it is a duplicate, its answer. */
export class EffectEndpoint {
  fault: Fault | null = null;

  readonly #service: ServiceDefinition;
  readonly #baseLatencyMs: number;
  readonly #random: SeededRandom;
  readonly #closing: AbortSignal;
  readonly #answers = new IdempotentAnswers();
  readonly #ledger = new EffectLedger();
  readonly #counts = { requests: 0, accepted: 0, duplicates: 0, refused: 0, failed: 0, hung: 0 };

  constructor(service: ServiceDefinition, baseLatencyMs: number, random: SeededRandom, closing: AbortSignal) {
    this.#service = service;
    this.#baseLatencyMs = baseLatencyMs;
    this.#random = random;
    this.#closing = closing;
  }

  stats(hanging: number): ServiceStats {
    return { name: this.#service.name, ...this.#counts, hanging, effects: this.#ledger.counts() };
  }

  async handle({ key, text }: EffectRequest): Promise<Reply> {
    this.#counts.requests += 1;
    if (key === undefined || key === '') {
      return this.#refuse(400, 'idempotency_key_missing', 'Send an Idempotency-Key header');
    }
    const body = parseObject(text);
    if (body === null) return this.#refuse(400, 'invalid_json', 'The body must be a JSON object');

    const fault = this.fault !== null && faultMatches(this.fault, body) ? this.fault : null;
    const trouble = fault === null ? null : this.#troubleOf(fault);

    // Before the key is looked at: a call lost here leaves the next attempt free to be the first.
    if (trouble?.at === 'before_effect') return trouble.reply;
    const reply = await this.#perform(key, text, body, fault?.latencyMs ?? 0);
    return trouble?.reply ?? reply;
  }

  async #perform(key: string, text: string, body: RequestBody, extraLatencyMs: number): Promise<Reply> {
    const outcome = await this.#answers.answer(key, text, async () => {
      await this.#pause(extraLatencyMs);
      const answer = this.#service.perform(body, key);
      const accepted = answer.status < 300;
      this.#counts[accepted ? 'accepted' : 'refused'] += 1;
      if (accepted) this.#ledger.record(key, body['cart_id']);
      return answer;
    });

    switch (outcome.kind) {
      case 'first':
        return { kind: 'answer', answer: outcome.answer, headers: {} };
      case 'duplicate':
        this.#counts.duplicates += 1;
        return { kind: 'answer', answer: outcome.answer, headers: { 'idempotency-replayed': 'true' } };
      case 'reused':
        return this.#refuse(422, 'idempotency_key_reused', 'This key was used before with another body');
    }
  }

  #troubleOf(fault: Fault): { readonly at: FaultPoint; readonly reply: Reply } | null {
    if (fault.hang === true) {
      this.#counts.hung += 1;
      return { at: fault.at ?? 'before_effect', reply: { kind: 'hang' } };
    }
    if (!this.#random.chance(fault.errorRate ?? 0)) return null;
    this.#counts.failed += 1;
    const answer = refuse(fault.status ?? 503, 'service_unavailable', 'The fault switch says so');
    const headers: Record<string, string> =
      fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
    return {
      at: fault.at ?? (this.#random.chance(0.5) ? 'before_effect' : 'after_effect'),
      reply: { kind: 'answer', answer, headers },
    };
  }

  async #pause(extraLatencyMs: number): Promise<void> {
    const ms = this.#baseLatencyMs * (0.6 + 0.8 * this.#random.next()) + extraLatencyMs;
    if (ms > 0) await delay(ms, undefined, { signal: this.#closing });
  }

  #refuse(status: number, code: string, message: string): Reply {
    this.#counts.refused += 1;
    return { kind: 'answer', answer: refuse(status, code, message), headers: {} };
  }
}

function parseObject(text: string): RequestBody | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
