import { type Import, importsOf } from './imports.ts';
import { type Project, type SourceFile, sourcePath } from './project.ts';
import { computedImports, type Exception, importExceptions, type Zone, zones } from './zones.ts';

/** A rule gives what breaks it, one line each. */
export type Rule = (project: Project) => readonly string[];

export const importsStayInTheirZones: Rule = (project) => zoneViolations(project, importExceptions).violations;

/** An exception outlives its reason unless somebody asks. */
export const everyImportExceptionIsNeeded: Rule = (project) => {
  const { used } = zoneViolations(project, importExceptions);
  return importExceptions
    .filter((exception) => !used.has(exception))
    .map(({ from, to }) => `zones.ts: the exception ${from} → ${to} is not needed`);
};

export function zoneViolations(project: Project, exceptions: readonly Exception[]) {
  const used = new Set<Exception>();
  const violations = [...project.values()].flatMap((file) => {
    const from = sourcePath(file.path);
    if (from === null) return [];
    const zone = zones[zoneOf(from)];
    if (zone === undefined) return [`${file.path}: '${zoneOf(from)}' is no zone of zones.ts`];
    return importsOf(file).flatMap((found) => {
      const to = found.target?.startsWith('src/') === true ? found.target.slice('src/'.length) : found.target;
      if (to === null || isAllowed(zone, from, to, found)) return [];
      const exception = exceptions.find((candidate) => candidate.from === from && candidate.to === to);
      if (exception !== undefined) used.add(exception);
      return exception === undefined ? [`${at(file, found)} may not import ${describe(found)} '${to}'`] : [];
    });
  });
  return { violations, used };
}

function isAllowed(zone: Zone, from: string, to: string, found: Import): boolean {
  if (found.target?.startsWith('src/') !== true) {
    return found.specifier?.startsWith('.') !== true && zone.packages.some((name) => isPackage(name, to));
  }
  if (zoneOf(to) === zoneOf(from) || zone.uses.some((entry) => covers(entry, to))) return true;
  return found.kind === 'type' && (zone.sees ?? []).some((entry) => covers(entry, to));
}

function covers(entry: string, path: string): boolean {
  return entry === '*' || path === entry || path.startsWith(`${entry}/`);
}

function isPackage(name: string, specifier: string): boolean {
  return name === 'node:' ? specifier.startsWith('node:') : specifier === name || specifier.startsWith(`${name}/`);
}

export const computedImportsAreListed: Rule = (project) =>
  computedIn(project)
    .filter(({ from }) => !computedImports.some((listed) => listed.from === from))
    .map(({ file, found }) => `${at(file, found)} imports what only the run time knows`);

export const everyComputedImportIsNeeded: Rule = (project) => {
  const computed = computedIn(project);
  return computedImports
    .filter((listed) => !computed.some(({ from }) => from === listed.from))
    .map(({ from }) => `zones.ts: ${from} no longer imports what only the run time knows`);
};

function computedIn(project: Project) {
  return [...project.values()].flatMap((file) => {
    const from = sourcePath(file.path);
    if (from === null) return [];
    return importsOf(file).flatMap((found) => (found.target === null ? [{ file, from, found }] : []));
  });
}

/** What users write knows the door and nothing behind it. */
/** What the package exports. */
const publicDoors: ReadonlySet<string> = new Set(['src/index.ts', 'src/otlp.ts', 'src/testing/index.ts']);

export const examplesUseThePublicApi: Rule = (project) =>
  [...project.values()]
    .filter((file) => file.path.startsWith('examples/'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target?.startsWith('src/') === true && !publicDoors.has(target))
        .map((found) => `${at(file, found)} imports '${found.target}' past the public API`),
    );

export const nothingExportsEverything: Rule = (project) =>
  [...project.values()].flatMap((file) =>
    importsOf(file)
      .filter((found) => found.everything)
      .map((found) => `${at(file, found)} exports all of '${found.specifier}'; list the names`),
  );

/**
 * Only what runs counts: a type import is erased, and a port and its implementer may well know each other by type. A
 * cycle that runs gives modules that see each other half-made.
 */
export const importsHaveNoCycles: Rule = (project) => {
  const edges = new Map(
    [...project.values()].map((file) => [
      file.path,
      importsOf(file).flatMap(({ kind, target }) =>
        kind === 'value' && target !== null && project.has(target) ? [target] : [],
      ),
    ]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const way: string[] = [];
  const cycles: string[] = [];
  const visit = (path: string): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      return;
    }
    state.set(path, 'open');
    way.push(path);
    for (const next of edges.get(path) ?? []) visit(next);
    way.pop();
    state.set(path, 'done');
  };
  for (const path of edges.keys()) visit(path);
  return cycles;
};

export const foldersAreKnown: Rule = (project) => {
  const found = new Set(
    [...project.values()].flatMap(({ path }) => (path.startsWith('src/') ? [zoneOf(path.slice(4))] : [])),
  );
  return [...found]
    .filter((name) => !(name in zones) && !name.endsWith('.test.ts'))
    .map((name) => `src/${name} is no stage of the data's way: see ARCHITECTURE.md, then zones.ts`);
};

function zoneOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function describe(found: Import): string {
  return found.kind === 'type' ? 'the types of' : 'what runs in';
}

function at(file: SourceFile, { line }: Import): string {
  return `${file.path}:${line}`;
}
