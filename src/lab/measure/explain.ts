import type { AlertIncident, LoggedEvent } from '../../index.ts';
import type { Fault } from '../scenario/scenario.ts';
import type { FaultTruth } from '../truth/fault-watch.ts';
import type { SaidIncident } from './incidents.ts';

/** Windows of policies reach back: what a fault has left is still its own for so long after the last task that it hit. */
const graceMs = 120_000;

export type Explanation =
  | { readonly kind: 'fault'; readonly fault: number }
  /** It states one fact, and that is on record. */
  | { readonly kind: 'fact' }
  | { readonly kind: 'false' };

/**
 * Why an incident was told of: a fault that hit its kind of task and whose effects were not over; or else, for a policy
 * that states a single fact, that fact.
 */
export function explain(
  { first, firstAtMs }: SaidIncident,
  truths: readonly FaultTruth[],
  isOnRecord: (policy: string, of: { readonly taskId: string }) => boolean,
): Explanation {
  const inTime = (truth: FaultTruth): boolean =>
    truth.tasksHit > 0 && firstAtMs >= truth.fromMs && firstAtMs <= truth.overAtMs + graceMs;
  const ofTask = (truth: FaultTruth): boolean =>
    truth.fault.hits.some(({ namespace, task }) => namespace === first.namespace && task === first.task) ||
    isOfAll(first, truth.fault);
  const candidates = truths.flatMap((truth, index) => (inTime(truth) && ofTask(truth) ? [{ truth, index }] : []));
  // Of several at the same time, the one at whose step it is.
  const best =
    candidates.find(({ truth }) => truth.fault.hits.some(({ step }) => step === first.step)) ?? candidates[0];
  if (best !== undefined) return { kind: 'fault', fault: best.index };
  if (first.exampleTask !== null && isOnRecord(first.policy, { taskId: first.exampleTask })) return { kind: 'fact' };
  return { kind: 'false' };
}

/** That nothing at all is started is one incident, which names no task. */
export function isOfAll({ task, cause }: Pick<AlertIncident, 'task' | 'cause'>, { kind, hits }: Fault): boolean {
  return task === null && cause === 'silence' && kind === 'silence' && hits.length > 1;
}

const factsOf: Readonly<Record<string, readonly string[]>> = {
  sla_breached: ['task.sla_breached', 'step.sla_breached'],
  retries_exhausted: ['step.failed'],
  task_failed: ['task.failed'],
  high_value_failure: ['task.failed'],
  step_stalled: ['step.stalled'],
};

/** Which single facts are on record, by policy and task. */
export class Facts {
  readonly #seen = new Set<string>();

  take(event: LoggedEvent): void {
    for (const [policy, names] of Object.entries(factsOf)) {
      if (!names.includes(event.name)) continue;
      if (policy === 'retries_exhausted' && !isExhausted(event)) continue;
      this.#seen.add(`${policy} ${event.taskId}`);
    }
  }

  isOnRecord(policy: string, { taskId }: { readonly taskId: string }): boolean {
    return this.#seen.has(`${policy} ${taskId}`);
  }
}

function isExhausted({ payload }: LoggedEvent): boolean {
  return 'final' in payload && payload['final'] === 'exhausted';
}
