/** Files of any kind by their path, with what they hold. */
export type Texts = Readonly<Record<string, string>>;

/** Not after a word, a dot or an expression: there it is a folder of something else. */
const machinePath = /(?<![\w.$})\]*-])\/(?:(?:work|root)(?![\w.-])|(?:home|Users)\/\w)/;
const address = /\bhttps?:\/\/([^/\s'"`<>()\\]+)/g;
const registryLike = /registry|mirror|artifact|nexus|verdaccio|jfrog|\bnpm\b/i;
const registry = 'registry.npmjs.org';

/** Such a path says where the file was written, and is wrong wherever else it is read. */
export function machinePaths(texts: Texts): readonly string[] {
  return eachLine(texts, (line) => {
    const found = machinePath.exec(line);
    return found === null ? [] : [`names a path of one machine: ${line.slice(found.index, found.index + 40)}`];
  });
}

/** A lock file that names a mirror installs only where that mirror is. */
export function foreignRegistries(texts: Texts): readonly string[] {
  return eachLine(texts, (line, path) => {
    const isNpmSetting = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|\.npmrc)$/.test(path);
    const givesSource = isNpmSetting && /"resolved"\s*:|registry\s*=/.test(line);
    return [...line.matchAll(address)]
      .map(([, host = '']) => host)
      .filter((host) => host !== registry && (givesSource || registryLike.test(host)))
      .map((host) => `names the registry ${host}; packages come from ${registry}`);
  });
}

function eachLine(texts: Texts, find: (line: string, path: string) => readonly string[]): readonly string[] {
  return Object.entries(texts).flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => find(line, path).map((found) => `${path}:${index + 1} ${found}`)),
  );
}
