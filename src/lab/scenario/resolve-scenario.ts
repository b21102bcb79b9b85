import type { JsonObject } from '../../index.ts';
import { healthProblems } from './health.ts';
import { resolveFault } from './resolve-fault.ts';
import { resolveWorkflow } from './resolve-workflow.ts';
import type { ScenarioInput } from './scenario-schema.ts';
import type { Scenario } from './scenario.ts';
import { durationMs } from './time-text.ts';
import type { TemplateText } from './read-scenario.ts';
import type { Path } from './yaml-places.ts';

export interface FoundProblem {
  readonly path: Path;
  readonly message: string;
  /** It is the key that is wrong, not what stands there. */
  readonly key?: true;
}

export class Problems {
  readonly all: FoundProblem[] = [];

  get any(): boolean {
    return this.all.length > 0;
  }

  add(path: Path, message: string): void {
    this.all.push({ path, message });
  }

  addAtKey(path: Path, message: string): void {
    this.all.push({ path, message, key: true });
  }
}

/** Fills defaults in and checks what one part of the file says of another. */
export function resolveScenario(
  input: ScenarioInput,
  source: { readonly file: string; readonly name: string; readonly templates: ReadonlyMap<string, TemplateText> },
): { readonly scenario: Scenario; readonly problems: readonly FoundProblem[] } {
  const problems = new Problems();
  const warnings: string[] = [];
  const totalMs = durationMs(input.duration) ?? 0;
  if (totalMs < 1000) problems.add(['duration'], 'expected at least a second');
  const workflows = input.workflows.flatMap((workflow, index) => {
    const resolved = resolveWorkflow(workflow, index, input, source.templates, problems);
    if (resolved === null) return [];
    for (const health of healthProblems(resolved)) {
      if (health.severity === 'error') problems.add(['workflows', index], health.message);
      else warnings.push(health.message);
    }
    return [resolved];
  });
  const names = workflows.map(({ namespace, name }) => `${namespace}.${name}`);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index) problems.add(['workflows', index], `a second workflow '${name}'`);
  // What a broken workflow lacks, its faults would be told to lack too.
  const faults = problems.any
    ? []
    : input.faults.flatMap((fault, index) => resolveFault(fault, index, { workflows, totalMs }, problems) ?? []);
  return {
    problems: problems.all,
    scenario: {
      name: input.name ?? source.name,
      file: source.file,
      seeds: seedsOf(input.seeds ?? 1),
      startMs: Date.parse(input.start),
      durationMs: totalMs,
      workflows,
      faults,
      policies: (input.alerts?.policies as readonly JsonObject[] | undefined) ?? null,
      scopeFields: input.alerts?.scope_fields ?? null,
      targets: input.targets ?? null,
      warnings,
    },
  };
}

/** `3`, `1..20`, or a list. */
export function seedsOf(seeds: NonNullable<ScenarioInput['seeds']>): readonly number[] {
  if (typeof seeds === 'number') return [seeds];
  if (typeof seeds !== 'string') return seeds;
  const [from = 1, to = from] = seeds.split('..').map(Number);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_unused, index) => from + index);
}
