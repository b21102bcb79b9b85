import { suggestion } from './nearest-name.ts';
import { childAt, type ListNode, type MapEntry, type MapNode, type TemplateNode } from './template-node.ts';
import type { ProblemList } from './template-problem.ts';

/** The environments that a template has overrides for. */
export function environmentNames(root: TemplateNode): readonly string[] {
  const environments = childAt(root, 'environments');
  return environments?.kind === 'map' ? [...environments.entries.keys()] : [];
}

/**
 * The template as it is in one environment, with Tasker's rules: mappings merge, anything else is replaced, steps
 * merge by name and keep their order. An override without a block for the environment changes nothing.
 */
export function mergeEnvironment(root: TemplateNode, environment: string, problems: ProblemList): TemplateNode {
  const block = childAt(childAt(root, 'environments'), environment);
  if (root.kind !== 'map' || block?.kind !== 'map') return root;
  const base = root.entries.get('step_templates')?.node;
  const override = block.entries.get('step_templates')?.node;
  const merged = new Map(mergeMaps(root, withoutSteps(block)).entries);
  const nested = block.entries.get('environments');
  const path = ['environments', environment];
  if (nested !== undefined)
    problems.warning(nested.key, [...path, 'environments'], 'an environment has none of its own');
  merged.set('environments', root.entries.get('environments') ?? { key: root, node: root });
  if (base?.kind === 'list' && override?.kind === 'list') {
    const steps = mergeSteps(base, override, environment, problems);
    merged.set('step_templates', { key: root.entries.get('step_templates')?.key ?? root, node: steps });
  } else if (override !== undefined && override.kind !== 'list') {
    problems.error(override, [...path, 'step_templates'], 'expected a list of steps, each with the name of one above');
  }
  return { ...root, entries: merged };
}

function withoutSteps(block: MapNode): MapNode {
  return { ...block, entries: new Map([...block.entries].filter(([key]) => key !== 'step_templates')) };
}

function mergeSteps(base: ListNode, override: ListNode, environment: string, problems: ProblemList): ListNode {
  const items = [...base.items];
  const names = base.items.map(nameOf);
  for (const [index, change] of override.items.entries()) {
    const path = ['environments', environment, 'step_templates', index];
    const name = nameOf(change);
    const place = name === undefined ? -1 : names.indexOf(name);
    const original = items[place];
    if (original?.kind === 'map' && change.kind === 'map') items[place] = mergeMaps(original, change);
    else if (name === undefined) problems.error(change, path, 'expected a mapping with the name of a step');
    else {
      // Tasker drops such an entry without a word.
      const known = names.filter((candidate) => candidate !== undefined);
      problems.warning(change, path, `there is no step '${name}' to override${suggestion(name, known)}`);
    }
  }
  return { ...base, items };
}

function nameOf(node: TemplateNode): string | undefined {
  const name = childAt(node, 'name');
  return name?.kind === 'scalar' && typeof name.value === 'string' ? name.value : undefined;
}

function mergeMaps(base: MapNode, override: MapNode): MapNode {
  const entries = new Map<string, MapEntry>(base.entries);
  for (const [key, entry] of override.entries) {
    const before = entries.get(key)?.node;
    const mergeable = before?.kind === 'map' && entry.node.kind === 'map';
    entries.set(key, mergeable ? { key: entry.key, node: mergeMaps(before, entry.node) } : entry);
  }
  return { ...base, entries };
}
