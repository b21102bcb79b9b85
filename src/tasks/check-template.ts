import { backoffPolicy, dependenciesOf } from './build-template.ts';
import { checkAlerts } from './check-alerts.ts';
import { checkCustomEvents } from './check-custom-events.ts';
import { checkMetrics } from './check-metrics.ts';
import { compileJsonSchema } from './json-schema.ts';
import { suggestion } from './nearest-name.ts';
import { buildStepGraph, type GraphProblem } from './step-graph.ts';
import { locate, type Path, type TemplateNode } from './template-node.ts';
import type { ProblemList } from './template-problem.ts';
import type { StepValues, TemplateValues } from './template-schema.ts';

/** What only shows when values are seen together. Each value alone has passed `readTemplate`. */
export function checkTemplate(values: TemplateValues, root: TemplateNode, problems: ProblemList): void {
  const steps = values.step_templates ?? [];
  if (steps.length === 0)
    problems.error(locate(root, ['step_templates']), ['step_templates'], 'expected at least one step');
  checkGraph(steps, root, problems);
  if (values.named_steps !== undefined) checkNamedSteps(values.named_steps, steps, root, problems);
  for (const [index, step] of steps.entries())
    checkLimits(step, ['step_templates', index, 'handler_config'], root, problems);
  checkCustomEvents(values, root, problems);
  checkMetrics(values, root, problems);
  checkAlerts(values, root, problems);
  if (values.schema === undefined) return;
  for (const { severity, path, message } of compileJsonSchema(values.schema).notes) {
    const whole = ['schema', ...path];
    problems[severity](locate(root, whole), whole, message);
  }
}

function checkGraph(steps: readonly StepValues[], root: TemplateNode, problems: ProblemList): void {
  const graph = buildStepGraph(steps.map((step) => ({ name: step.name ?? '', dependsOn: dependenciesOf(step) })));
  for (const problem of graph.problems) {
    const path = graphPath(problem, steps[problem.step]);
    problems.error(locate(root, path), path, problem.message);
  }
}

function graphPath({ step: index, dependency }: GraphProblem, step: StepValues | undefined): Path {
  if (dependency === undefined) return ['step_templates', index, 'name'];
  if (step?.depends_on_step === dependency) return ['step_templates', index, 'depends_on_step'];
  return ['step_templates', index, 'depends_on_steps', step?.depends_on_steps?.indexOf(dependency) ?? 0];
}

/** Tasker refuses a step that is not named. A name without a step it accepts. */
function checkNamedSteps(
  named: readonly string[],
  steps: readonly StepValues[],
  root: TemplateNode,
  problems: ProblemList,
): void {
  for (const [index, { name = '' }] of steps.entries()) {
    if (named.includes(name)) continue;
    const path = ['step_templates', index, 'name'];
    problems.error(locate(root, path), path, `the step '${name}' is not in named_steps${suggestion(name, named)}`);
  }
  const names = steps.map((step) => step.name ?? '');
  for (const [index, name] of named.entries()) {
    if (names.includes(name)) continue;
    const path = ['named_steps', index];
    problems.warning(locate(root, path), path, `there is no step '${name}'${suggestion(name, names)}`);
  }
}

function checkLimits(
  { handler_config: config }: StepValues,
  path: Path,
  root: TemplateNode,
  problems: ProblemList,
): void {
  const stallMs = config?.monitoring?.stall_seconds;
  const timeoutMs = config?.timeout_seconds;
  if (stallMs !== undefined && timeoutMs !== undefined && stallMs >= timeoutMs) {
    const stall = [...path, 'monitoring', 'stall_seconds'];
    const message = `expected less than timeout_seconds (${timeoutMs / 1000}), got ${stallMs / 1000}: it would never tell`;
    problems.warning(locate(root, stall), stall, message);
  }
  const { baseMs, maxMs } = backoffPolicy(config?.retry_backoff);
  if (baseMs <= maxMs) return;
  const backoff = [...path, 'retry_backoff'];
  const message = `expected base_seconds (${baseMs / 1000}) to be at most max_seconds (${maxMs / 1000})`;
  problems.error(locate(root, [...backoff, 'base_seconds']), backoff, message);
}
