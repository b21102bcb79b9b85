import type { Rule } from './import-rules.ts';
import { isPunctuation } from './imports.ts';
import { isTestFile, type SourceFile } from './project.ts';

const maxLines = 400;

export const filesStayShort: Rule = (project) =>
  [...project.values()].flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > maxLines ? [`${path} has ${lines} lines; at ${maxLines} split by what it is responsible for`] : [];
  });

/** Two tests of one name cannot be told apart in a report, and one may be a copy that was never changed. */
export const testNamesAreUnique: Rule = (project) =>
  [...project.values()]
    .filter(({ path }) => isTestFile(path) || path.endsWith('.contract.ts'))
    .flatMap((file) => {
      const seen = new Set<string>();
      return testNames(file).flatMap(({ name, line }) => {
        if (seen.has(name)) return [`${file.path}:${line} there is a test of this name already: '${name}'`];
        seen.add(name);
        return [];
      });
    });

const block = /^(?:describe|suite)$/;
const testCall = /^(?:test|it)$/;

/** Names with those of the blocks around them; one that is put together at run time is left out. */
function testNames({ tokens }: SourceFile): readonly { readonly name: string; readonly line: number }[] {
  const names: { readonly name: string; readonly line: number }[] = [];
  const blocks: { readonly name: string; readonly depth: number }[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (isPunctuation(token, '(')) depth += 1;
    if (isPunctuation(token, ')')) {
      depth -= 1;
      if (blocks.at(-1)?.depth === depth) blocks.pop();
    }
    const title = tokens[index + 2];
    const isCall =
      token.kind === 'word' && !isPunctuation(tokens[index - 1], '.') && isPunctuation(tokens[index + 1], '(');
    if (!isCall || title?.kind !== 'string' || !isPunctuation(tokens[index + 3], ',')) continue;
    if (block.test(token.text)) blocks.push({ name: title.text, depth });
    if (testCall.test(token.text)) {
      names.push({ name: [...blocks.map(({ name }) => name), title.text].join(' › '), line: token.line });
    }
  }
  return names;
}

/** Under its own name, or under another. */
const exactVersion = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

/** Peers say what they get along with; everything else says what was tested. */
export function inexactVersions(manifest: unknown): readonly string[] {
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
  const named = manifest as Partial<Record<(typeof groups)[number], Readonly<Record<string, string>>>>;
  return groups.flatMap((group) =>
    Object.entries(named[group] ?? {})
      .filter(([, version]) => !exactVersion.test(version))
      .map(([name, version]) => `package.json: ${group}.${name} is '${version}', not one version`),
  );
}
