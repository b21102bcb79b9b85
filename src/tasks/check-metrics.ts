import { impliedContext } from './implied-context.ts';
import { isLabelName, labelName } from './label-name.ts';
import { suggestion } from './nearest-name.ts';
import { locate, type Path, type TemplateNode } from './template-node.ts';
import type { ProblemList } from './template-problem.ts';
import type { TemplateValues } from './template-schema.ts';

type TaskMetrics = NonNullable<NonNullable<TemplateValues['handler_config']>['business_metrics']>;
type Metric = NonNullable<TaskMetrics['counters']>[number];

interface Known {
  /** Context fields that may leave the task. */
  readonly context: readonly string[];
  /** Result fields that may leave the step; null at the task's level, where there are none. */
  readonly results: readonly string[] | null;
}

/** Added to every metric; `le` is Prometheus's own. */
const reservedLabels = ['namespace', 'task', 'le'];
/** Money has it without being told. */
const reservedOfTasks = [...reservedLabels, 'currency'];

/** Metrics that a template declares: their names, and that what they count may leave the task at all. */
export function checkMetrics(values: TemplateValues, root: TemplateNode, problems: ProblemList): void {
  const config = values.handler_config;
  const metrics = config?.business_metrics;
  const context = [...(config?.business_context ?? []), ...impliedContext(metrics)];
  const at: Path = ['handler_config', 'business_metrics'];
  const fields = [
    [metrics?.value, [...at, 'value']],
    [metrics?.currency, [...at, 'currency']],
    ...(metrics?.labels ?? []).map((label, index) => [label, [...at, 'labels', index]] as const),
  ] as const;
  for (const [field, path] of fields) {
    if (field !== undefined && !context.includes(field))
      problems.error(locate(root, path), path, notAllowed('business_context', field, context));
  }
  checkLabels(metrics?.labels ?? [], [...at, 'labels'], root, problems);
  checkBoth(metrics, at, { context, results: null }, root, problems);
  for (const [index, step] of (values.step_templates ?? []).entries()) {
    const path = ['step_templates', index, 'handler_config', 'business_metrics'];
    const results = step.handler_config?.results ?? [];
    checkBoth(step.handler_config?.business_metrics, path, { context, results }, root, problems);
  }
}

/** What Prometheus would refuse, or take for another label, would cost the whole of `/metrics`. */
function checkLabels(fields: readonly string[], at: Path, root: TemplateNode, problems: ProblemList): void {
  const seen = new Map<string, string>();
  for (const [index, field] of fields.entries()) {
    const path = [...at, index];
    const label = labelName(field);
    const same = seen.get(label);
    if (reservedOfTasks.includes(label))
      problems.error(
        locate(root, path),
        path,
        `'${field}' cannot be a label of its own: namespace, task and, of money, currency are always added; a counter of the template's may be labelled 'currency'`,
      );
    else if (!isLabelName(label))
      problems.error(
        locate(root, path),
        path,
        `'${field}' cannot be a label: expected letters, digits and _, and no digit or __ first`,
      );
    else if (same !== undefined && same !== field)
      problems.error(locate(root, path), path, `'${same}' and '${field}' would both be the label ${label}`);
    seen.set(label, field);
  }
}

function checkBoth(
  metrics: Pick<TaskMetrics, 'counters' | 'histograms'> | undefined,
  path: Path,
  known: Known,
  root: TemplateNode,
  problems: ProblemList,
): void {
  for (const kind of ['counters', 'histograms'] as const) {
    for (const [index, metric] of (metrics?.[kind] ?? []).entries()) {
      const at = [...path, kind, index];
      for (const { key, message } of metricProblems(metric, kind, known)) {
        const where = [...at, ...key];
        problems.error(locate(root, where), where, message);
      }
    }
  }
}

function metricProblems(metric: Metric, kind: 'counters' | 'histograms', known: Known) {
  const found: { readonly key: Path; readonly message: string }[] = [];
  const { name = '', value, labels = {}, on } = metric;
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    found.push({ key: ['name'], message: `expected a metric's name (letters, digits and _), got '${name}'` });
  else if (/^(tasker|process|nodejs)_/.test(name))
    found.push({ key: ['name'], message: `'${name}' is reserved: names that begin so are the system's own` });
  else if (kind === 'counters' && !name.endsWith('_total'))
    found.push({
      key: ['name'],
      message: `expected a counter's name to end in _total, as in '${name}_total': Prometheus asks for it by that name`,
    });
  if (value === undefined) {
    if (kind === 'histograms')
      found.push({ key: [], message: "expected 'value': duration, context.<field> or results.<field>" });
  } else if (value === 'duration') {
    if (kind === 'counters') found.push({ key: ['value'], message: 'a duration is for a histogram' });
  } else if (!/^(context|results)\./.test(value)) {
    found.push({ key: ['value'], message: `expected duration, context.<field> or results.<field>, got '${value}'` });
  } else found.push(...sourceProblems(value, ['value'], known));
  if (on === 'attempt' && known.results === null)
    found.push({ key: ['on'], message: 'a task has no attempts; declare it at the step, or take completed or failed' });
  for (const [label, source] of Object.entries(labels)) {
    const key = ['labels', label];
    if (!isLabelName(label) || reservedLabels.includes(label))
      found.push({ key, message: `'${label}' cannot be a label; namespace and task are always added` });
    found.push(...sourceProblems(source ?? '', key, known));
  }
  return found;
}

function sourceProblems(source: string, key: Path, { context, results }: Known) {
  const [kind = '', ...rest] = source.split('.');
  const field = rest.join('.');
  if (kind === 'context' && rest.length > 0 && !context.includes(field))
    return [{ key, message: notAllowed('business_context', field, context) }];
  if (kind !== 'results' || rest.length === 0) return [];
  if (results === null) return [{ key, message: 'a task has no results of its own; declare it at the step' }];
  return results.includes(field) ? [] : [{ key, message: notAllowed('results', field, results) }];
}

function notAllowed(list: string, field: string, known: readonly string[]): string {
  return `'${field}' never leaves the task: it is not in ${list}${suggestion(field, known)}`;
}
