import type { StepBehaviour, Workflow } from './scenario.ts';

export interface HealthProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/**
 * Whether healthy traffic is healthy, whatever chance brings: no task fails for good and none passes its SLA. Noise is
 * bounded to make that certain: calls have a greatest duration, at most one call of a task is slow, and at most one
 * attempt of a task fails, its step's first.
 */
export function healthProblems(workflow: Workflow): readonly HealthProblem[] {
  const where = `${workflow.namespace}.${workflow.name}`;
  const found: HealthProblem[] = [];
  for (const step of workflow.steps) {
    const template = templateStep(workflow, step.name);
    const slowestMs = slowest(step);
    if (step.timeoutMs !== null && slowestMs >= step.timeoutMs)
      found.push(
        error(
          `${where}, step '${step.name}': a healthy call may take ${seconds(slowestMs)}, and its time limit is ${seconds(step.timeoutMs)}; lower latency.max_ms or noise.slow.factor, or raise timeout_seconds`,
        ),
      );
    if (step.noise.retries.share > 0 && step.noise.retries.error.class === 'permanent')
      found.push(
        error(`${where}, step '${step.name}': noise that fails for good is none; expected an error that is retried`),
      );
    if (step.noise.retries.share > 0 && (template.retryLimit < 2 || !template.retryable))
      found.push(
        error(
          `${where}, step '${step.name}': has no second attempt, so that a healthy retry would fail its task for good; raise retry_limit or set noise.retries.share to 0`,
        ),
      );
    if (slowestMs >= step.stallMs)
      found.push({
        severity: 'warning',
        message: `${where}, step '${step.name}': a healthy call may take ${seconds(slowestMs)}, longer than its stall limit of ${seconds(step.stallMs)}`,
      });
  }
  const { slaMs } = workflow.template.monitoring;
  const worstMs = worst(workflow);
  if (slaMs !== null && worstMs >= slaMs)
    found.push(
      error(
        `${where}: a healthy task may take ${seconds(worstMs)}, and its SLA is ${seconds(slaMs)}; raise sla_seconds or lower latencies, noise or backoff`,
      ),
    );
  return found;
}

function slowest({ latency, noise }: StepBehaviour): number {
  return latency.max * (noise.slow.share > 0 ? noise.slow.factor : 1);
}

/** All calls at their slowest along the longest way, the worst slow tail and the worst retry on top. */
function worst(workflow: Workflow): number {
  const pathMs = new Map<string, number>();
  // In any order that the template has: as often as there are steps is enough.
  for (let round = 0; round < workflow.steps.length; round += 1) {
    for (const step of workflow.steps) {
      const before = templateStep(workflow, step.name).dependsOn.map((name) => pathMs.get(name) ?? 0);
      pathMs.set(step.name, Math.max(0, ...before) + step.latency.max);
    }
  }
  const tailMs = workflow.steps.map((step) => slowest(step) - step.latency.max);
  const retryMs = workflow.steps.map((step) => {
    if (step.noise.retries.share === 0) return 0;
    const { baseMs, maxMs, jitter } = templateStep(workflow, step.name).backoff;
    return step.latency.max + Math.min(baseMs, maxMs) * (1 + jitter);
  });
  return Math.max(...pathMs.values()) + Math.max(...tailMs) + Math.max(...retryMs);
}

function templateStep({ template }: Workflow, name: string) {
  const found = template.steps.find((step) => step.name === name);
  if (found === undefined) throw new Error(`the template has no step '${name}'`);
  return found;
}

function error(message: string): HealthProblem {
  return { severity: 'error', message };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
