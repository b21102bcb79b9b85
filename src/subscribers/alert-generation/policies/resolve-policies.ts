import { TaskerError } from '../../../shared/errors.ts';
import type { AlertSeverity } from '../../../signals/alert.ts';
import type { MonitoredTask } from '../../metrics/monitored-tasks.ts';
import { means } from './name-pattern.ts';
import { type PolicyInput, policyInputSchema, type PolicyKind, type PolicyKindName, policyKinds } from './policies.ts';

/** A policy that is in force: checked, every parameter filled in. */
export interface Policy {
  readonly name: string;
  readonly kind: PolicyKindName;
  readonly tells: PolicyKind['tells'];
  readonly appliesTo: PolicyKind['appliesTo'];
  /** Somebody has written it, or changed it: it applies wherever it says. */
  readonly isAskedFor: boolean;
  readonly enabled: boolean;
  readonly where: { readonly namespace: string; readonly task: string; readonly step: string };
  readonly severity: AlertSeverity | null;
  readonly runbookUrl: string | null;
  readonly tiers: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, number>>;
}

const usualTiers = ['premium', 'enterprise', 'vip', 'platinum'];
const commonKeys = Object.keys(policyInputSchema.shape);
const kindOf = new Map<string, PolicyKind>(policyKinds.map((kind) => [kind.kind, kind]));

/**
 * The built-in policies, changed and added to by a configuration and by the templates of tasks.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`, listing every problem.
 */
export function resolvePolicies(given: readonly PolicyInput[], tasks: readonly MonitoredTask[] = []): PolicySet {
  const problems: string[] = [];
  const common = layered(
    policyKinds.map((kind) => builtIn(kind)),
    given,
    'alerts.policies',
    problems,
  );
  const ofTasks = new Map<string, readonly Policy[]>();
  for (const { namespace, task, alerting } of tasks) {
    if (alerting.policies.length === 0) continue;
    const name = `${namespace}.${task}`;
    ofTasks.set(name, layered(common, alerting.policies, `${name}: monitoring.alerts`, problems));
  }
  if (problems.length > 0) {
    throw new TaskerError(
      'TASKER_CONFIG_INVALID',
      `Alert policies are not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      { details: { problems } },
    );
  }
  return new PolicySet(common, ofTasks, tasks);
}

/** Which policies watch what. */
export class PolicySet {
  readonly #common: readonly Policy[];
  readonly #ofTasks: ReadonlyMap<string, readonly Policy[]>;
  readonly #tasks = new Map<string, MonitoredTask>();
  readonly #found = new Map<string, readonly Policy[]>();

  constructor(
    common: readonly Policy[],
    ofTasks: ReadonlyMap<string, readonly Policy[]>,
    tasks: readonly MonitoredTask[],
  ) {
    this.#common = common;
    this.#ofTasks = ofTasks;
    for (const one of tasks) this.#tasks.set(`${one.namespace}.${one.task}`, one);
  }

  /** Of no task's own. */
  get all(): readonly Policy[] {
    return this.#common;
  }

  /** Of this kind, for a step; with `step` null, for the task as a whole, or with `task` null for the engine. */
  of(kind: PolicyKindName, namespace: string | null, task: string | null, step: string | null): readonly Policy[] {
    const key = `${kind}\u0000${namespace}\u0000${task}\u0000${step}`;
    let found = this.#found.get(key);
    if (found === undefined) {
      found = this.#find(kind, namespace, task, step);
      // Names come from templates; a log may hold those of many templates that are gone.
      if (this.#found.size < 20_000) this.#found.set(key, found);
    }
    return found;
  }

  /** The longest `window_seconds` of those that judge by the same, in milliseconds: what is older is asked for by nobody. */
  longestWindowMs({ kind }: Policy, namespace: string, task: string, step: string | null): number {
    const windows = this.of(kind, namespace, task, step).map(({ parameters }) => parameters['window_seconds'] ?? 0);
    return Math.max(0, ...windows) * 1000;
  }

  /** As it applies to a task; without one, to the engine. */
  named(name: string, namespace: string | null, task: string | null): Policy | undefined {
    return (this.#ofTasks.get(`${namespace}.${task}`) ?? this.#common).find((policy) => policy.name === name);
  }

  #find(kind: PolicyKindName, namespace: string | null, task: string | null, step: string | null): readonly Policy[] {
    const name = `${namespace}.${task}`;
    const monitored = this.#tasks.get(name);
    return (this.#ofTasks.get(name) ?? this.#common).filter((policy) => {
      const { where } = policy;
      return (
        policy.kind === kind &&
        policy.enabled &&
        isFor(policy, monitored) &&
        fits(where.namespace, namespace) &&
        fits(where.task, task) &&
        (step === null ? where.step === '*' : fits(where.step, step))
      );
    });
  }
}

function isFor({ appliesTo, isAskedFor }: Policy, monitored: MonitoredTask | undefined): boolean {
  if (isAskedFor || appliesTo === 'every task' || appliesTo === 'the engine') return true;
  const { critical = false, onFailure = false } = monitored?.alerting ?? {};
  return appliesTo === 'critical workflows' ? critical || onFailure : onFailure;
}

function fits(pattern: string, name: string | null): boolean {
  return name === null ? pattern === '*' : means(pattern, name);
}

function builtIn(kind: PolicyKind): Policy {
  return {
    name: kind.kind,
    kind: kind.kind as PolicyKindName,
    tells: kind.tells,
    appliesTo: kind.appliesTo,
    isAskedFor: false,
    enabled: true,
    where: { namespace: '*', task: '*', step: '*' },
    severity: null,
    runbookUrl: null,
    tiers: usualTiers,
    limits: {},
    parameters: Object.fromEntries(Object.entries(kind.parameters).map(([name, { byDefault }]) => [name, byDefault])),
  };
}

/** Each that is given changes the one of its name, or comes beside them. */
function layered(
  below: readonly Policy[],
  given: readonly PolicyInput[],
  where: string,
  problems: string[],
): readonly Policy[] {
  const policies = new Map(below.map((policy) => [policy.name, policy]));
  const seen = new Set<string>();
  for (const [index, input] of given.entries()) {
    const at = `${where}[${index}]`;
    const parsed = policyInputSchema.safeParse(input);
    if (!parsed.success) {
      problems.push(...parsed.error.issues.map(({ path, message }) => `${[at, ...path].join('.')}: ${message}`));
      continue;
    }
    const { name } = parsed.data;
    if (seen.has(name)) problems.push(`${at}: there are two of the name '${name}'`);
    seen.add(name);
    const before = policies.get(name);
    const kind = kindOf.get(parsed.data.kind ?? before?.kind ?? '');
    if (kind === undefined) {
      problems.push(
        `${at}: '${name}' is no built-in policy (${[...kindOf.keys()].join(', ')}); one of your own needs a kind, which is one of those`,
      );
      continue;
    }
    if (before !== undefined && before.kind !== kind.kind) {
      problems.push(`${at}.kind: '${name}' is a policy of kind ${before.kind}; one of another kind needs another name`);
      continue;
    }
    policies.set(name, changed(before ?? { ...builtIn(kind), name }, parsed.data as PolicyInput, kind, at, problems));
  }
  return [...policies.values()];
}

function changed(
  before: Policy,
  { enabled, where, severity, runbook_url: runbookUrl, tiers, limits, ...input }: PolicyInput,
  kind: PolicyKind,
  at: string,
  problems: string[],
): Policy {
  const parameters: Record<string, number> = { ...before.parameters };
  for (const [name, value] of Object.entries(input)) {
    if (commonKeys.includes(name)) continue;
    const known = kind.parameters[name];
    if (known === undefined) {
      problems.push(
        `${at}.${name}: ${kind.kind} has no such parameter; it has ${Object.keys(kind.parameters).join(', ')}`,
      );
    } else if (typeof value !== 'number' || !(value >= known.min && value <= known.max)) {
      problems.push(`${at}.${name}: expected a number from ${known.min} to ${known.max}, got ${JSON.stringify(value)}`);
    } else parameters[name] = value;
  }
  return {
    ...before,
    isAskedFor: true,
    enabled: enabled ?? before.enabled,
    where: {
      namespace: where?.namespace ?? before.where.namespace,
      task: where?.task ?? before.where.task,
      step: where?.step ?? before.where.step,
    },
    severity: severity ?? before.severity,
    runbookUrl: runbookUrl ?? before.runbookUrl,
    tiers: tiers ?? before.tiers,
    limits: limits ?? before.limits,
    parameters,
  };
}

/** A parameter of a policy that is resolved is always there. */
export function parameter(policy: Policy, name: string): number {
  const value = policy.parameters[name];
  if (value === undefined) throw new Error(`${policy.kind} has no parameter '${name}'`);
  return value;
}

/** What tasks are counted under that it looks at: what is of high value is for each policy to say. */
export function countedAs({ kind, name }: Policy): string {
  return kind === 'high_value_failure' ? `${kind} ${name}` : kind;
}
