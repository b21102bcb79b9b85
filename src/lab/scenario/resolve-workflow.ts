import type { JsonObject, TaskTemplate } from '../../index.ts';
import { loadTemplate } from '../../tasks/load-template.ts';
import { suggestion } from '../../tasks/nearest-name.ts';
import { errorShape } from './error-shapes.ts';
import type { LatencyInput, NoiseInput, ScenarioInput, WorkflowInput } from './scenario-schema.ts';
import type { Customers, LogNormal, Noise, StepBehaviour, Traffic, Weights, Workflow } from './scenario.ts';
import { generatedTemplate } from './generated-template.ts';
import { minuteOfDay } from './time-text.ts';
import type { TemplateText } from './read-scenario.ts';
import type { Problems } from './resolve-scenario.ts';

export const usualCustomers: Customers = {
  customer_tier: { standard: 70, plus: 20, premium: 10 },
  region: { eu: 40, us: 40, apac: 20 },
  payment_method: { card: 70, paypal: 20, invoice: 10 },
};

/** null: something is wrong, and told in `problems`. */
export function resolveWorkflow(
  input: WorkflowInput,
  index: number,
  scenario: ScenarioInput,
  templates: ReadonlyMap<string, TemplateText>,
  problems: Problems,
): Workflow | null {
  const at = ['workflows', index] as const;
  const customers = input.customers ?? scenario.customers ?? usualCustomers;
  for (const [field, values] of Object.entries(customers))
    if (Object.values(values).every((weight) => weight === 0))
      problems.add([...at, 'customers', field], 'expected at least one value with a weight above 0');
  const loaded =
    input.template === undefined ? fromSteps(input, at, customers, problems) : fromFile(input, at, templates, problems);
  if (loaded === null) return null;
  const { template, definition } = loaded;
  const steps = template.steps.map((step): StepBehaviour => {
    const own = input.steps?.find(({ name }) => name === step.name);
    return {
      name: step.name,
      service: step.dependentSystem,
      latency: latencyOf({ ...(own?.latency ?? input.latency) }),
      noise: noiseOf(own?.noise ?? input.noise ?? scenario.noise ?? {}),
      timeoutMs: step.timeoutMs,
      stallMs: step.stallMs,
    };
  });
  const order = input.order ?? { p50: 4900, currency: 'USD' };
  return {
    namespace: template.namespace,
    name: template.name,
    templateFile: input.template === undefined ? null : (templates.get(input.template)?.file ?? null),
    definition,
    template,
    steps,
    traffic: trafficOf(input),
    customers,
    order: {
      value: logNormal(order.p50, order.p99 ?? 8 * order.p50, 50 * (order.p99 ?? 8 * order.p50)),
      currencies: typeof order.currency === 'string' ? ({ [order.currency]: 1 } satisfies Weights) : order.currency,
    },
    context: input.context ?? {},
  };
}

interface Loaded {
  readonly template: TaskTemplate;
  readonly definition: JsonObject | null;
}

function fromSteps(
  input: WorkflowInput,
  at: readonly PropertyKey[],
  customers: Customers,
  problems: Problems,
): Loaded | null {
  if (input.steps === undefined || input.name === undefined) {
    problems.add(at, `expected ${input.name === undefined ? 'a name' : 'steps'}, or a template, got neither`);
    return null;
  }
  const names = input.steps.map(({ name }) => name);
  for (const [number, { depends_on: on, name }] of input.steps.entries()) {
    if (names.indexOf(name) < number) problems.add([...at, 'steps', number, 'name'], `a second step '${name}'`);
    for (const other of on === undefined ? [] : [on].flat())
      if (!names.includes(other))
        problems.add([...at, 'steps', number, 'depends_on'], `no step '${other}'${suggestion(other, names)}`);
  }
  if (problems.any) return null;
  const definition = generatedTemplate({ ...input, name: input.name, steps: input.steps }, customers);
  const { template, problems: found } = loadTemplate({ text: JSON.stringify(definition), file: 'workflow' });
  for (const { severity, message, path } of found)
    if (severity === 'error') problems.add(at, `${path === '' ? '' : `${path}: `}${message}`);
  return template === null ? null : { template, definition };
}

function fromFile(
  input: WorkflowInput,
  at: readonly PropertyKey[],
  templates: ReadonlyMap<string, TemplateText>,
  problems: Problems,
): Loaded | null {
  const named = templates.get(input.template ?? '');
  if (named === undefined || named.text === null) {
    problems.add([...at, 'template'], `cannot read the template: ${named?.why ?? 'it was not given'}`);
    return null;
  }
  for (const key of ['name', 'namespace', 'sla_seconds', 'critical_workflow', 'alert_on_failure'] as const)
    if (input[key] !== undefined) problems.addAtKey([...at, key], `'${key}' is the template's own business`);
  const { template, problems: found } = loadTemplate({ text: named.text, file: named.file });
  const [broken] = found.filter(({ severity }) => severity === 'error');
  if (template === null) {
    problems.add(
      [...at, 'template'],
      `the template is not valid: ${broken?.file}:${broken?.line}:${broken?.column} ${broken?.path ?? ''}: ${broken?.message ?? ''}`,
    );
    return null;
  }
  const names = template.steps.map(({ name }) => name);
  for (const [number, step] of (input.steps ?? []).entries()) {
    const where = [...at, 'steps', number];
    if (!names.includes(step.name))
      problems.add([...where, 'name'], `the template has no step '${step.name}'${suggestion(step.name, names)}`);
    for (const key of Object.keys(step))
      if (!['name', 'latency', 'noise'].includes(key))
        problems.addAtKey([...where, key], `'${key}' is the template's own business; latency and noise may be given`);
  }
  return { template, definition: null };
}

export function latencyOf(input: Partial<LatencyInput>): LogNormal {
  const p50 = input.p50_ms ?? 80;
  const p99 = Math.max(p50, input.p99_ms ?? 4 * p50);
  return logNormal(p50, p99, Math.max(p50, input.max_ms ?? 2 * p99));
}

function logNormal(p50: number, p99: number, max: number): LogNormal {
  return { p50, p99: Math.max(p50, p99), max };
}

function noiseOf({ slow, retries }: NoiseInput): Noise {
  return {
    slow: { share: slow?.share ?? 0.01, factor: slow?.factor ?? 3 },
    retries: { share: retries?.share ?? 0.005, error: errorShape(retries?.error ?? 'connection') },
  };
}

function trafficOf({ traffic }: WorkflowInput): Traffic {
  const perSecond =
    traffic?.per_second ?? (traffic?.per_minute === undefined ? undefined : traffic.per_minute / 60) ?? 1;
  return {
    rate: perSecond / 1000,
    daily: traffic?.daily ?? null,
    quiet: (traffic?.quiet ?? []).map(({ from, to, factor }) => ({
      fromMinute: minuteOfDay(from),
      toMinute: minuteOfDay(to),
      factor,
    })),
  };
}
