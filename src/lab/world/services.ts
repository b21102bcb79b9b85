import { type Clock, PermanentError, type StepContext, type StepHandler } from '../../index.ts';
import type { ErrorShape, Fault, Scenario, StepBehaviour, Workflow } from '../scenario/scenario.ts';
import { isMeant } from './arrivals.ts';
import { Chance, keyOf } from './chance.ts';

/** A call that a fault has hit: the ground truth, which alerting does not see. */
export interface Hit {
  readonly fault: number;
  readonly taskId: string;
  readonly step: string;
  readonly attempt: number;
}

export interface ServicesOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: Clock;
  readonly onHit: (hit: Hit) => void;
}

interface Call {
  readonly workflow: Workflow;
  readonly step: StepBehaviour;
  readonly context: StepContext;
  /** What this call alone draws from. */
  readonly chance: Chance;
}

/** What the steps of a scenario call: they answer as its noise and its faults say. */
export class Services {
  readonly #options: ServicesOptions;

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  /** Of one step of one workflow. */
  handler(workflow: Workflow, step: StepBehaviour): StepHandler {
    const key = keyOf(workflow.namespace, workflow.name, step.name);
    const { seed } = this.#options;
    return (context) => {
      const task = taskNumber(context);
      const chance = new Chance(keyOf('call', seed, key, task, context.attempt));
      return this.#answer({ workflow, step, context, chance });
    };
  }

  async #answer(call: Call): Promise<Record<string, never>> {
    const { workflow, step, context, chance } = call;
    const usualMs = chance.logNormal(step.latency);
    const index = this.#faultOf(call);
    const fault = this.#options.scenario.faults[index];
    if (fault !== undefined) {
      this.#options.onHit({ fault: index, taskId: context.taskId, step: step.name, attempt: context.attempt });
      return this.#hit(call, fault, usualMs);
    }
    const noise = noiseOf(workflow, this.#options.seed, taskNumber(context));
    const isFirst = context.attempt === 1;
    const factor = isFirst && noise.slowStep === step.name ? step.noise.slow.factor : 1;
    await this.#wait(usualMs * factor, context.signal);
    if (isFirst && noise.retriedStep === step.name) throw errorOf(step.noise.retries.error);
    return {};
  }

  #faultOf({ workflow, step, context, chance }: Call): number {
    const { scenario, clock } = this.#options;
    const atMs = clock.now() - scenario.startMs;
    // Drawn whether or not a fault is there: a fault changes nothing but what it hits.
    const draw = chance.next();
    return scenario.faults.findIndex(
      (fault) =>
        fault.kind !== 'silence' &&
        atMs >= fault.fromMs &&
        atMs < fault.toMs &&
        fault.hits.some(
          (place) => place.step === step.name && place.task === workflow.name && place.namespace === workflow.namespace,
        ) &&
        draw < fault.ratio &&
        isMeant(fault.who, context.context),
    );
  }

  async #hit({ step, context }: Call, fault: Fault, usualMs: number): Promise<Record<string, never>> {
    const { clock, scenario } = this.#options;
    const sinceMs = clock.now() - scenario.startMs - fault.fromMs;
    const lengthMs = fault.toMs - fault.fromMs;
    switch (fault.kind) {
      case 'hang': {
        const release = fault.release ?? (step.timeoutMs === null ? 'at_end' : 'never');
        await this.#wait(release === 'at_end' ? lengthMs - sinceMs : null, context.signal);
        return {};
      }
      case 'timeout':
        await this.#wait(fault.afterMs, context.signal);
        throw errorOf({ class: 'timeout', type: 'TimeoutError', code: 'ETIMEDOUT', status: null });
      case 'error_burst':
        await this.#wait(usualMs, context.signal);
        throw errorOf(fault.error);
      case 'slow_ramp':
        await this.#wait(usualMs * (1 + (fault.factor - 1) * (sinceMs / lengthMs)), context.signal);
        return {};
      case 'silence':
        return {};
    }
  }

  /** null: for ever, which the attempt's own end cuts short. */
  #wait(ms: number | null, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = ms === null ? null : this.#options.clock.setTimer(ms, resolve);
      signal.addEventListener(
        'abort',
        () => {
          timer?.cancel();
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        },
        { once: true },
      );
    });
  }
}

function taskNumber({ context }: StepContext): number {
  return Number(context['lab_task'] ?? 0);
}

interface TaskNoise {
  readonly slowStep: string | null;
  readonly retriedStep: string | null;
}

/** Which of a task's calls noise is for: of each kind at most one, at its first attempt. */
export function noiseOf(workflow: Workflow, seed: number, task: number): TaskNoise {
  const chance = new Chance(keyOf('noise', seed, workflow.namespace, workflow.name, task));
  const first = (shareOf: (step: StepBehaviour) => number): string | null =>
    workflow.steps.find((step) => chance.next() < shareOf(step))?.name ?? null;
  return {
    slowStep: first(({ noise }) => noise.slow.share),
    retriedStep: first(({ noise }) => noise.retries.share),
  };
}

function errorOf({ class: kind, type, code, status }: ErrorShape): Error {
  const about = `the ${kind} error of the scenario`;
  const options = { ...(code !== null && { code }), ...(status !== null && { status }) };
  if (kind === 'permanent') return new PermanentError(about, options);
  const error = new Error(about);
  error.name = type;
  return Object.assign(error, options);
}
