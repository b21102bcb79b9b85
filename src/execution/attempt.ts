import type { FailureCause } from '../events/payload-parts.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { TaskerError } from '../shared/errors.ts';
import type { CheckedEvent } from '../tasks/custom-event-schema.ts';
import type { StepContext, StepHandler } from '../tasks/handler.ts';
import type { Silence } from '../tasks/decide-task.ts';
import type { StepTemplate } from '../tasks/template.ts';
import { checkAnnotation, type CheckedAnnotation, noRoom, refuseAnnotation } from './annotation.ts';
import { describeError, type DescribedError } from './describe-error.ts';
import { PublishedEvents, type PublishedOwn } from './published-events.ts';
import { type StepResults, toStepResults } from './step-results.ts';
import type { StepShares, StepSlots } from './step-slots.ts';

export interface AttemptListener {
  completed(attempt: Attempt, results: StepResults, durationMs: number): void;
  failed(
    attempt: Attempt,
    cause: Exclude<FailureCause, 'worker_lost'>,
    error: DescribedError,
    durationMs: number,
  ): void;
  stalled(silence: Silence): void;
  /** A handler came with an outcome of its own after its attempt had ended: refused. */
  late(): void;
}

/** What of a handler's context belongs to the attempt. */
export type AttemptsOwn = 'signal' | 'heartbeat' | 'publish' | 'annotate';

/** A note that a handler has made. */
export interface OwnNote extends CheckedAnnotation {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface AttemptSurroundings {
  readonly clock: Clock;
  /** For how long the event loop has stood still so far, milliseconds: meanwhile no handler can go on. */
  readonly stoodStillMs: () => number;
  readonly slots: StepSlots;
  /** Those that its slot was taken of. */
  readonly shares: StepShares;
  readonly maxResultBytes: number;
  /** Throws for what the step may not publish. */
  readonly checkEvent: (name: string, payload: unknown) => CheckedEvent;
  /** Whether the task may have one annotation more. */
  readonly hasRoomForNote: () => boolean;
  readonly listener: AttemptListener;
}

/**
 * One running try of a step.
 *
 * running → ended: by the handler's settling, by its time limit, or from outside (`end`: cancelled, stopped). It
 * ends once; whatever the handler does afterwards is refused and counted. The slot is freed when it ends, or, for a
 * handler that was left behind, as `StepSlots.abandon` says.
 */
export class Attempt {
  readonly step: string;
  readonly number: number;
  readonly #template: StepTemplate;
  readonly #around: AttemptSurroundings;
  readonly #abort = new AbortController();
  readonly #startedMs: number;
  readonly #stillBeforeMs: number;
  #lastSignMs: number;
  #stillAtSignMs: number;
  #heartbeats = 0;
  readonly #published = new PublishedEvents();
  readonly #annotated: OwnNote[] = [];
  #ended = false;
  #whenSettled: (() => void) | null = null;
  #timeout: Timer | null = null;
  #stallTimer: Timer | null = null;

  constructor(template: StepTemplate, number: number, around: AttemptSurroundings) {
    this.step = template.name;
    this.number = number;
    this.#template = template;
    this.#around = around;
    this.#startedMs = around.clock.monotonicMs();
    this.#lastSignMs = this.#startedMs;
    this.#stillBeforeMs = around.stoodStillMs();
    this.#stillAtSignMs = this.#stillBeforeMs;
  }

  get durationMs(): number {
    return roundMs(this.#around.clock.monotonicMs() - this.#startedMs);
  }

  /** For how long of that the event loop stood still. */
  get blockedMs(): number {
    return Math.min(this.durationMs, roundMs(this.#around.stoodStillMs() - this.#stillBeforeMs));
  }

  /** In the order in which they were published. */
  get published(): readonly PublishedOwn[] {
    return this.#published.all;
  }

  /** In the order in which they were made. */
  get annotated(): readonly OwnNote[] {
    return this.#annotated;
  }

  start(handler: StepHandler, context: Omit<StepContext, AttemptsOwn>): void {
    const { timeoutMs, stallMs } = this.#template;
    if (timeoutMs !== null) this.#timeout = this.#around.clock.setTimer(timeoutMs, () => this.#timedOut(timeoutMs));
    this.#watch(stallMs);
    void this.#run(handler, {
      ...context,
      signal: this.#abort.signal,
      heartbeat: () => {
        this.#heartbeats += 1;
        this.#lastSignMs = this.#around.clock.monotonicMs();
        this.#stillAtSignMs = this.#around.stoodStillMs();
      },
      publish: (name, payload) => this.#publish(name, payload),
      annotate: (key, value) => this.#annotate(key, value),
    });
  }

  /** Ends it from outside: its outcome has been decided elsewhere. False if it had already ended. */
  end(reason: Error): boolean {
    if (!this.#close()) return false;
    this.#leaveBehind(reason);
    return true;
  }

  async #run(handler: StepHandler, context: StepContext): Promise<void> {
    let settled: { readonly value: unknown } | { readonly thrown: unknown };
    try {
      settled = { value: await handler(context) };
    } catch (thrown) {
      settled = { thrown };
    }
    if (!this.#close()) {
      this.#whenSettled?.();
      if (!('thrown' in settled && isObedience(settled.thrown, this.#abort.signal))) this.#around.listener.late();
      return;
    }
    const { durationMs } = this;
    this.#around.slots.release(this.#around.shares);
    if ('thrown' in settled) {
      this.#around.listener.failed(this, 'error', describeError(settled.thrown), durationMs);
      return;
    }
    let checked: StepResults;
    try {
      checked = toStepResults(settled.value, this.#around.maxResultBytes);
    } catch (error) {
      // Another try would return the same; what the handler did is done.
      this.#around.listener.failed(this, 'error', { ...describeError(error), permanent: true }, durationMs);
      return;
    }
    this.#around.listener.completed(this, checked, durationMs);
  }

  #publish(name: string, payload: object | undefined): void {
    const event = this.#around.checkEvent(name, payload);
    if (this.#ended) {
      throw new TaskerError(
        'TASKER_EVENT_REFUSED',
        `Event '${name}' was not published: attempt ${this.number} of step '${this.step}' has ended; its outcome is recorded without it.`,
        { details: { event: name, step: this.step, attempt: this.number } },
      );
    }
    this.#published.add({ ...event, at: this.#around.clock.now() });
  }

  #annotate(key: string, value: unknown): void {
    const note = checkAnnotation(key, value);
    if (this.#ended) {
      refuseAnnotation(
        key,
        `attempt ${this.number} of step '${this.step}' has ended; its outcome is recorded without it`,
      );
    }
    if (!this.#around.hasRoomForNote()) refuseAnnotation(key, noRoom);
    this.#annotated.push({ ...note, at: this.#around.clock.now() });
  }

  #timedOut(timeoutMs: number): void {
    if (!this.#close()) return;
    const { durationMs } = this;
    const error = new DOMException(`the attempt did not end within ${timeoutMs} ms`, 'TimeoutError');
    this.#leaveBehind(error);
    this.#around.listener.failed(this, 'timeout', describeError(error), durationMs);
  }

  #watch(delayMs: number): void {
    this.#stallTimer = this.#around.clock.setTimer(delayMs, () => {
      const nowMs = this.#around.clock.monotonicMs();
      const { stallMs } = this.#template;
      const silentMs = nowMs - this.#lastSignMs;
      // While the loop stands still a handler can give no sign: such time is not held against it.
      const countedMs = silentMs - (this.#around.stoodStillMs() - this.#stillAtSignMs);
      // Heartbeats only note the time: moving a timer at each of them would make them dear.
      if (countedMs < stallMs) return this.#watch(stallMs - countedMs);
      this.#around.listener.stalled({
        step: this.step,
        attempt: this.number,
        stallMs,
        runningMs: this.durationMs,
        silentMs: roundMs(silentMs),
        heartbeats: this.#heartbeats,
      });
    });
  }

  #leaveBehind(reason: Error): void {
    this.#whenSettled = this.#around.slots.abandon(this.#around.shares);
    this.#abort.abort(reason);
  }

  #close(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#timeout?.cancel();
    this.#stallTimer?.cancel();
    return true;
  }
}

/** The handler gave up because it was told to. */
function isObedience(thrown: unknown, signal: AbortSignal): boolean {
  return thrown === signal.reason || (thrown instanceof Error && thrown.name === 'AbortError');
}

function roundMs(ms: number): number {
  return Math.max(0, Math.round(ms * 1000) / 1000);
}
