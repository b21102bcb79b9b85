import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

import { errorMessage, TaskerError } from '../../shared/errors.ts';
import { describeIssue } from './describe-issue.ts';
import { resolveScenario } from './resolve-scenario.ts';
import { scenarioSchema, type ScenarioInput } from './scenario-schema.ts';
import type { Scenario } from './scenario.ts';
import { parsePlaced, pathText, type ScenarioProblem } from './yaml-places.ts';

/**
 * Reads a scenario file, and the templates that it names.
 *
 * @throws TaskerError `TASKER_SCENARIO_INVALID`, listing every problem with its line and column.
 */
export async function readScenario(file: string, cwd: string): Promise<Scenario> {
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new TaskerError('TASKER_SCENARIO_INVALID', `cannot read the scenario ${file}: ${errorMessage(error)}`, {
      cause: error,
      details: { file },
    });
  }
  const templates = await templateTexts(text, dirname(path));
  return parseScenario(text, file, templates);
}

/** `templates`: text by the path as the scenario writes it. */
export function parseScenario(
  text: string,
  file: string,
  templates: ReadonlyMap<string, TemplateText> = new Map(),
): Scenario {
  const yaml = parsePlaced(text);
  if (yaml.problems.length > 0) throw invalid(file, yaml.problems);
  if (yaml.value === null || yaml.value === undefined)
    throw invalid(file, [{ line: 1, column: 1, path: '', message: 'expected a mapping with workflows, got nothing' }]);
  const parsed = scenarioSchema.safeParse(yaml.value);
  if (!parsed.success)
    throw invalid(
      file,
      parsed.error.issues.flatMap((issue) => describeIssue(issue, yaml)),
    );
  const { scenario, problems } = resolveScenario(parsed.data, {
    file,
    name: basename(file).replace(/\.ya?ml$/, ''),
    templates,
  });
  if (problems.length > 0)
    throw invalid(
      file,
      problems.map(({ path, message, key }) => ({
        ...(key === true ? yaml.placeOfKey(path.slice(0, -1), String(path.at(-1))) : yaml.placeOf(path)),
        path: pathText(path),
        message,
      })),
    );
  return scenario;
}

export interface TemplateText {
  readonly file: string;
  /** null: it cannot be read; `why` says so. */
  readonly text: string | null;
  readonly why?: string;
}

/** What the file names as templates, before it is checked: what is no text there is told of later. */
async function templateTexts(text: string, folder: string): Promise<ReadonlyMap<string, TemplateText>> {
  const { workflows } = (parsePlaced(text).value ?? {}) as Partial<ScenarioInput>;
  const named = Array.isArray(workflows)
    ? workflows.map((one) => (one as { template?: unknown } | null)?.template).filter((one) => typeof one === 'string')
    : [];
  const found = new Map<string, TemplateText>();
  for (const template of named) {
    const file = resolve(folder, template);
    try {
      found.set(template, { file, text: await readFile(file, 'utf8') });
    } catch (error) {
      found.set(template, { file, text: null, why: errorMessage(error) });
    }
  }
  return found;
}

function invalid(file: string, problems: readonly ScenarioProblem[]): TaskerError {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.map(
    ({ line, column, path, message }) => `  ${file}:${line}:${column}  ${path === '' ? '' : `${path}: `}${message}`,
  );
  return new TaskerError('TASKER_SCENARIO_INVALID', `The scenario ${file} is not valid:\n${lines.join('\n')}`, {
    details: { file, problems: sorted },
  });
}
