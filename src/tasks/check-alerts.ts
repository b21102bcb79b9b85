import { isPlainObject } from '../shared/json.ts';
import { type PolicyKind, policyKinds } from '../subscribers/alert-generation/policies/policies.ts';
import { suggestion } from './nearest-name.ts';
import { childAt, describeNode, locate, type Path, type TemplateNode, toJson } from './template-node.ts';
import type { ProblemList } from './template-problem.ts';
import { alertShape, type AlertValues, type TemplateValues } from './template-schema.ts';

const kinds: readonly PolicyKind[] = policyKinds;
const kindNames = kinds.map(({ kind }) => kind);
const at: Path = ['handler_config', 'monitoring', 'alerts'];

/** What a template asks to be alerted of: kinds that there are, parameters that they have, steps that are its own. */
export function checkAlerts(values: TemplateValues, root: TemplateNode, problems: ProblemList): void {
  const alerts = values.handler_config?.monitoring?.alerts ?? [];
  const steps = (values.step_templates ?? []).map(({ name = '' }) => name);
  checkPolicies(alerts, at, root, problems);
  for (const [index, { where }] of alerts.entries()) {
    const { step } = where ?? {};
    if (step === undefined || step.endsWith('*') || steps.includes(step)) continue;
    const path = [...at, index, 'where', 'step'];
    problems.error(locate(root, path), path, `there is no step '${step}'${suggestion(step, steps)}`);
  }
}

/** What can be said of policies wherever they are written. A name that is none of a kind may be one that is defined elsewhere. */
export function checkPolicies(
  policies: readonly AlertValues[],
  within: Path,
  root: TemplateNode,
  problems: ProblemList,
  kindOf: (name: string) => string | undefined = () => undefined,
): void {
  const seen = new Set<string>();
  for (const [index, { name = '', kind, limits = {} }] of policies.entries()) {
    const path = [...within, index];
    const wrong = (key: Path, message: string): void =>
      problems.error(locate(root, [...path, ...key]), [...path, ...key], message);
    if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) wrong(['name'], 'expected 1 to 64 of A-Z a-z 0-9 _ . -');
    if (seen.has(name)) wrong(['name'], `there are two of the name '${name}'`);
    seen.add(name);
    for (const currency of Object.keys(limits))
      if (!/^[A-Z]{3}$/.test(currency)) wrong(['limits', currency], `expected a currency as USD, got '${currency}'`);
    const known = kinds.find((one) => one.kind === (kind ?? kindOf(name) ?? name));
    if (kind !== undefined && known === undefined)
      wrong(['kind'], `expected one of ${kindNames.join(', ')}, got '${kind}'${suggestion(kind, kindNames)}`);
    // One of the configuration's own that is changed here: the configuration knows its kind.
    if (known !== undefined) checkParameters(known, path, root, wrong);
  }
}

function checkParameters(
  { kind, parameters }: PolicyKind,
  path: Path,
  root: TemplateNode,
  wrong: (key: Path, message: string) => void,
): void {
  const node = path.reduce<TemplateNode | undefined>(childAt, root);
  const written = node === undefined ? null : toJson(node);
  for (const key of isPlainObject(written) ? Object.keys(written) : []) {
    if (key in alertShape) continue;
    const parameter = parameters[key];
    const value = childAt(node, key);
    const names = Object.keys(parameters);
    if (parameter === undefined)
      wrong([key], `${kind} has no such parameter${suggestion(key, names)}; it has ${names.join(', ')}`);
    else if (value !== undefined && !isWithin(value, parameter))
      wrong([key], `expected a number from ${parameter.min} to ${parameter.max}, got ${describeNode(value)}`);
  }
}

function isWithin(node: TemplateNode, { min, max }: PolicyKind['parameters'][string]): boolean {
  return node.kind === 'scalar' && typeof node.value === 'number' && node.value >= min && node.value <= max;
}
