import { suggestion } from './nearest-name.ts';

export interface GraphStep {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

export interface GraphProblem {
  readonly kind: 'unknown_dependency' | 'self_dependency' | 'cycle' | 'duplicate_step';
  /** Place in the given list of the step to look at. */
  readonly step: number;
  /** The dependency in question; absent for a duplicate step. */
  readonly dependency?: string;
  readonly message: string;
}

export interface StepGraph {
  /** By step, in template order. Dependencies that are not steps are left out. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  readonly dependants: ReadonlyMap<string, readonly string[]>;
  /** Every step after all it depends on, otherwise in template order. Steps on or behind a cycle are missing. */
  readonly order: readonly string[];
  readonly problems: readonly GraphProblem[];
  /** All steps that must be done before this one, in template order. */
  ancestors(step: string): readonly string[];
}

/** Of two steps with one name the first counts. */
export function buildStepGraph(steps: readonly GraphStep[]): StepGraph {
  const problems: GraphProblem[] = [];
  const places = new Map<string, number>();
  for (const [index, { name }] of steps.entries()) {
    if (!places.has(name)) places.set(name, index);
    else problems.push({ kind: 'duplicate_step', step: index, message: `there is already a step '${name}'` });
  }
  for (const [index, step] of steps.entries()) problems.push(...dependencyProblems(step, index, places));

  const names = [...places.keys()];
  const inOrder = (found: Iterable<string>): string[] =>
    [...new Set(found)].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  const dependencies = new Map(
    [...places].map(([name, index]) => [name, inOrder((steps[index]?.dependsOn ?? []).filter((on) => places.has(on)))]),
  );
  const dependants = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const [name, needed] of dependencies) for (const on of needed) dependants.get(on)?.push(name);

  for (const cycle of findCycles(names, dependencies)) {
    const [first = '', second = first] = cycle;
    const message = `the steps wait for each other: ${[...cycle, first].join(' → ')}`;
    problems.push({ kind: 'cycle', step: places.get(first) ?? 0, dependency: second, message });
  }
  return {
    dependencies,
    dependants,
    order: topologicalOrder(names, dependencies),
    problems,
    ancestors: (step) => inOrder(reachable(step, dependencies)),
  };
}

function dependencyProblems(step: GraphStep, index: number, places: ReadonlyMap<string, number>): GraphProblem[] {
  return [...new Set(step.dependsOn)].flatMap((on): GraphProblem[] => {
    if (on === step.name) {
      return [{ kind: 'self_dependency', step: index, dependency: on, message: `the step '${on}' depends on itself` }];
    }
    if (places.has(on)) return [];
    const others = [...places.keys()].filter((name) => name !== step.name);
    const near = suggestion(on, others);
    const message = `there is no step '${on}' to depend on${near}`;
    return [{ kind: 'unknown_dependency', step: index, dependency: on, message }];
  });
}

type Edges = ReadonlyMap<string, readonly string[]>;

function topologicalOrder(names: readonly string[], dependencies: Edges): string[] {
  const order: string[] = [];
  const done = new Set<string>();
  let waiting = [...names];
  for (;;) {
    const next = waiting.find((name) => (dependencies.get(name) ?? []).every((on) => done.has(on)));
    if (next === undefined) return order;
    done.add(next);
    order.push(next);
    waiting = waiting.filter((name) => name !== next);
  }
}

/** One cycle of each knot; each begins with its earliest step. Loops, not recursion: a chain may be long. */
function findCycles(names: readonly string[], dependencies: Edges): string[][] {
  const cycles: string[][] = [];
  const settled = new Set<string>();
  for (const start of names) {
    const trail: string[] = [];
    const seen = new Map<string, number>();
    const choices: string[][] = [];
    const enter = (name: string): void => {
      seen.set(name, trail.length);
      trail.push(name);
      // A step that waits for itself has been reported in clearer words.
      choices.push((dependencies.get(name) ?? []).filter((on) => on !== name));
    };
    if (!settled.has(start)) enter(start);
    while (trail.length > 0) {
      const next = choices.at(-1)?.shift();
      if (next === undefined) {
        const finished = trail.pop() ?? '';
        choices.pop();
        seen.delete(finished);
        settled.add(finished);
      } else if (seen.has(next)) {
        cycles.push(startingEarliest(trail.slice(seen.get(next)), names));
        for (const name of trail) settled.add(name);
        break;
      } else if (!settled.has(next)) enter(next);
    }
  }
  return cycles;
}

function startingEarliest(cycle: readonly string[], names: readonly string[]): string[] {
  const start = names.find((name) => cycle.includes(name));
  const at = cycle.indexOf(start ?? '');
  return [...cycle.slice(at), ...cycle.slice(0, at)];
}

function reachable(from: string, edges: Edges): Set<string> {
  const found = new Set<string>();
  const open = [...(edges.get(from) ?? [])];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...(edges.get(name) ?? []));
  }
  return found;
}
