import { deepFreeze } from '../shared/json.ts';
import { buildTemplate } from './build-template.ts';
import { checkTemplate } from './check-template.ts';
import { environmentNames, mergeEnvironment } from './merge-environment.ts';
import { parseYaml } from './parse-yaml.ts';
import type { TemplateNode } from './template-node.ts';
import { ProblemList, type TemplateProblem } from './template-problem.ts';
import { readTemplate } from './template-schema.ts';
import type { TaskTemplate } from './template.ts';

export interface TemplateSource {
  readonly text: string;
  /** As problems name it. */
  readonly file: string;
}

export interface LoadOptions {
  /** Whose overrides apply; none when it is missing or the template has none for it. */
  readonly environment?: string;
  /** Warnings are errors. Default false. */
  readonly strict?: boolean;
}

export interface LoadedTemplate {
  /** Frozen; null when a problem is an error. */
  readonly template: TaskTemplate | null;
  readonly problems: readonly TemplateProblem[];
}

/** Reads a template file as it is in one environment. Never throws on what the file says. */
export function loadTemplate(source: TemplateSource, options: LoadOptions = {}): LoadedTemplate {
  const problems = new ProblemList(source.file, options.strict ?? false);
  const root = parseYaml(source.text, problems);
  return root === null ? { template: null, problems: problems.all } : loadNode(root, problems, options.environment);
}

/** The same for a template that has been read already. */
export function loadNode(root: TemplateNode, problems: ProblemList, environment: string | undefined): LoadedTemplate {
  const merged = environment === undefined ? root : mergeEnvironment(root, environment, problems);
  const values = readTemplate(merged, [], problems);
  // Values that have not passed would make the checks that combine them report what is not so.
  if (values !== undefined && !problems.doubtful) checkTemplate(values, merged, problems);
  const template = values === undefined || problems.failed ? null : deepFreeze(buildTemplate(values, merged));
  return { template: template as TaskTemplate | null, problems: problems.all };
}

/** Every problem of a file, without an environment and in each that it has overrides for. */
export function checkTemplateFile(
  source: TemplateSource,
  options: Pick<LoadOptions, 'strict'> = {},
): readonly TemplateProblem[] {
  const parsing = new ProblemList(source.file, options.strict ?? false);
  const root = parseYaml(source.text, parsing);
  if (root === null) return parsing.all;
  const found = [...parsing.all, ...checkNode(root, source.file, options.strict ?? false)];
  return found.sort((a, b) => a.line - b.line || a.column - b.column);
}

export function checkNode(root: TemplateNode, file: string, strict: boolean): readonly TemplateProblem[] {
  const found = new Map<string, TemplateProblem>();
  for (const environment of [undefined, ...environmentNames(root)]) {
    for (const problem of loadNode(root, new ProblemList(file, strict), environment).problems) {
      const same = `${problem.line}:${problem.column} ${problem.severity} ${problem.path} ${problem.message}`;
      if (found.has(same)) continue;
      found.set(same, environment === undefined ? problem : { ...problem, environment });
    }
  }
  return [...found.values()];
}
