import { TaskerError } from '../shared/errors.ts';
import type { PolicyInput, PolicyKindName } from '../subscribers/alert-generation/policies/policies.ts';
import { checkPolicies } from './check-alerts.ts';
import { suggestion } from './nearest-name.ts';
import { parseYaml } from './parse-yaml.ts';
import { locate, type TemplateNode, toJson } from './template-node.ts';
import { formatProblem, ProblemList } from './template-problem.ts';
import { type AlertValues, readAlerts } from './template-schema.ts';

export interface PolicySource {
  readonly text: string;
  /** As problems name it. */
  readonly file: string;
}

const expected = 'a list of policies, as in alerts.policies';

/**
 * Alert policies as YAML or JSON, each written as in a template. `kinds`: by name, of all that the file may change.
 *
 * @throws TaskerError `TASKER_REQUEST_INVALID`, listing every problem with its line and column.
 */
export function loadPolicies(source: PolicySource, kinds: ReadonlyMap<string, PolicyKindName>): readonly PolicyInput[] {
  // Strict: an unknown key would leave a policy as it was, and nobody would see why.
  const problems = new ProblemList(source.file, true);
  const root = parseYaml(source.text, problems, expected);
  if (root !== null) check(root, kinds, problems);
  if (root === null || problems.failed) {
    const lines = problems.all
      .toSorted((a, b) => a.line - b.line || a.column - b.column)
      .map((problem) => `  ${formatProblem(problem)}`);
    throw new TaskerError('TASKER_REQUEST_INVALID', `The alert policies are not valid:\n${lines.join('\n')}`, {
      details: { problems: problems.all },
    });
  }
  return toJson(root) as unknown as readonly PolicyInput[];
}

function check(root: TemplateNode, kinds: ReadonlyMap<string, PolicyKindName>, problems: ProblemList): void {
  const policies = readAlerts(root, [], problems);
  if (policies === undefined || problems.doubtful) return;
  checkPolicies(policies, [], root, problems, (name) => kinds.get(name));
  for (const [index, policy] of policies.entries()) checkKind(policy, index, root, kinds, problems);
}

function checkKind(
  { name = '', kind }: AlertValues,
  index: number,
  root: TemplateNode,
  kinds: ReadonlyMap<string, PolicyKindName>,
  problems: ProblemList,
): void {
  const before = kinds.get(name);
  const wrong = (key: string, message: string): void =>
    problems.error(locate(root, [index, key]), [index, key], message);
  if (before === undefined && kind === undefined) {
    const names = [...kinds.keys()];
    wrong('name', `there is no policy '${name}'${suggestion(name, names)}; one of your own needs a kind`);
  } else if (before !== undefined && kind !== undefined && kind !== before)
    wrong('kind', `'${name}' is a policy of kind ${before}; one of another kind needs another name`);
}
