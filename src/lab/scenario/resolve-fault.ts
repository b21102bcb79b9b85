import { suggestion } from '../../tasks/nearest-name.ts';
import { errorShape } from './error-shapes.ts';
import type { Problems } from './resolve-scenario.ts';
import type { FaultInput } from './scenario-schema.ts';
import type { Fault, FaultPlace, StepBehaviour, Who, Workflow } from './scenario.ts';
import { durationMs } from './time-text.ts';

interface Around {
  readonly workflows: readonly Workflow[];
  readonly totalMs: number;
}

const usualLengthMs = 300_000;

/** null: something is wrong, and told in `problems`. */
export function resolveFault(input: FaultInput, index: number, around: Around, problems: Problems): Fault | null {
  const at = ['faults', index] as const;
  const before = problems.all.length;
  const fromMs = durationMs(input.from) ?? 0;
  const toMs = input.to === undefined ? Math.min(fromMs + usualLengthMs, around.totalMs) : (durationMs(input.to) ?? 0);
  if (fromMs >= around.totalMs) problems.add([...at, 'from'], 'expected a moment before the end of the simulation');
  else if (toMs <= fromMs) problems.add([...at, 'to'], "expected a moment after 'from'");
  else if (toMs > around.totalMs)
    problems.add([...at, 'to'], 'expected a moment within the duration of the simulation');
  const workflows = workflowsOf(input, at, around.workflows, problems);
  const hit = workflows.flatMap((workflow) => placesOf(input, workflow));
  if (input.kind !== 'silence') requirePlace(input, at, workflows, hit.length > 0, problems);
  const who = whoOf(input, at, workflows, problems);
  if (problems.all.length > before) return null;
  const common = { name: input.name ?? input.kind, fromMs, toMs, who, hits: hit.map(({ place }) => place) };
  const steps = hit.flatMap(({ step }) => step ?? []);
  switch (input.kind) {
    case 'hang':
      return { ...common, kind: 'hang', ratio: input.ratio, release: input.release ?? null };
    case 'timeout':
      return { ...common, kind: 'timeout', ratio: input.ratio, afterMs: clientTimeoutMs(input, at, steps, problems) };
    case 'error_burst':
      return { ...common, kind: 'error_burst', ratio: input.ratio, error: errorShape(input.error) };
    case 'slow_ramp':
      return { ...common, kind: 'slow_ramp', ratio: input.ratio, factor: input.factor };
    case 'silence':
      return { ...common, kind: 'silence' };
  }
}

function workflowsOf(
  { workflow }: FaultInput,
  at: readonly PropertyKey[],
  all: readonly Workflow[],
  problems: Problems,
): readonly Workflow[] {
  if (workflow === undefined) return all;
  const found = all.filter(({ name, namespace }) => name === workflow || `${namespace}.${name}` === workflow);
  if (found.length === 0) {
    const names = all.map(({ name }) => name);
    problems.add(
      [...at, 'workflow'],
      `no workflow '${workflow}'${suggestion(workflow, names) || `; there are ${names.join(', ')}`}`,
    );
  }
  return found;
}

function placesOf(
  input: FaultInput,
  { namespace, name: task, steps }: Workflow,
): readonly { readonly place: FaultPlace; readonly step: StepBehaviour | null }[] {
  if (input.kind === 'silence') return [{ place: { namespace, task, step: null }, step: null }];
  return steps
    .filter(({ name, service }) => (input.step ?? name) === name && (input.service ?? service) === service)
    .map((step) => ({ place: { namespace, task, step: step.name }, step }));
}

function requirePlace(
  input: Exclude<FaultInput, { kind: 'silence' }>,
  at: readonly PropertyKey[],
  workflows: readonly Workflow[],
  isAny: boolean,
  problems: Problems,
): void {
  if (input.step === undefined && input.service === undefined)
    return problems.add(at, "expected 'service' or 'step', got neither");
  if (isAny || workflows.length === 0) return;
  for (const key of ['step', 'service'] as const) {
    const given = input[key];
    const names = [
      ...new Set(workflows.flatMap(({ steps }) => steps.map((one) => (key === 'step' ? one.name : one.service)))),
    ];
    if (given === undefined || names.includes(given)) continue;
    problems.add([...at, key], `no ${key} '${given}'${suggestion(given, names) || `; there are ${names.join(', ')}`}`);
    return;
  }
  problems.add(at, `no step '${input.step}' calls the service '${input.service}'`);
}

/** Values that make up everybody are no restriction. */
function whoOf(input: FaultInput, at: readonly PropertyKey[], workflows: readonly Workflow[], problems: Problems): Who {
  const who: Record<string, readonly string[]> = {};
  for (const [field, given] of Object.entries(input.who ?? {})) {
    const known = new Set(workflows.flatMap(({ customers }) => Object.keys(customers[field] ?? {})));
    const fields = [...new Set(workflows.flatMap(({ customers }) => Object.keys(customers)))];
    if (known.size === 0) {
      const hint = suggestion(field, fields) || `; there are ${fields.join(', ')}`;
      problems.addAtKey([...at, 'who', field], `customers have no field '${field}'${hint}`);
      continue;
    }
    const values = [given].flat();
    for (const value of values) {
      if (known.has(value)) continue;
      const hint = suggestion(value, known) || `; there are ${[...known].join(', ')}`;
      problems.add([...at, 'who', field], `no ${field} is '${value}'${hint}`);
    }
    if (values.length < known.size) who[field] = values;
  }
  return who;
}

function clientTimeoutMs(
  { after_seconds: after }: Extract<FaultInput, { kind: 'timeout' }>,
  at: readonly PropertyKey[],
  steps: readonly StepBehaviour[],
  problems: Problems,
): number {
  const limitMs = Math.min(...steps.map(({ timeoutMs }) => timeoutMs ?? Infinity));
  // Clients that give up do so before anybody calls it a hang.
  const stallMs = Math.min(...steps.map((step) => step.stallMs));
  if (after === undefined) return Math.min(10_000, 0.8 * limitMs, 0.8 * stallMs);
  if (after * 1000 >= limitMs)
    problems.add(
      [...at, 'after_seconds'],
      `expected less than the step's timeout_seconds (${limitMs / 1000}), or the engine ends the call first`,
    );
  return after * 1000;
}
