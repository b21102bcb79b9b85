/**
 * Keeps two of Node's warnings from the user's stderr, because both tell of how a configuration file is loaded and
 * neither says anything that its author did wrong: that type stripping is experimental (Node 22), and that a `.ts` or
 * `.js` file without `"type": "module"` was read twice. All other warnings pass.
 */
export function quietLoaderWarnings(): void {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!isLoaderNoise(warning, rest)) Reflect.apply(emit, process, [warning, ...rest]);
  };
}

function isLoaderNoise(warning: string | Error, rest: readonly unknown[]): boolean {
  const message = typeof warning === 'string' ? warning : warning.message;
  if (/^Type Stripping is an experimental feature/i.test(message)) return true;
  return rest.some((part) => part === 'MODULE_TYPELESS_PACKAGE_JSON' || hasCode(part)) || hasCode(warning);
}

function hasCode(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'code' in value && value.code === 'MODULE_TYPELESS_PACKAGE_JSON'
  );
}
