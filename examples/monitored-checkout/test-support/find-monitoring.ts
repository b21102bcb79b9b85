import { tokenise, type Token } from './tokenise.ts';

/** Everything that Node has in global scope and a handler has a use for; a list: only these members of it. */
const allowedGlobals: ReadonlyMap<string, 'all' | readonly string[]> = new Map<string, 'all' | readonly string[]>([
  ['AbortSignal', 'all'],
  ['Array', ['isArray']],
  // Reading a date that somebody sent is business; reading the clock is timing.
  ['Date', ['parse']],
  ['Error', 'all'],
  ['Headers', 'all'],
  ['JSON', ['parse', 'stringify']],
  ['Map', 'all'],
  ['Math', 'all'],
  ['Number', 'all'],
  ['Object', ['entries', 'fromEntries', 'keys', 'values']],
  ['Promise', 'all'],
  ['Response', 'all'],
  ['Set', 'all'],
  ['String', 'all'],
  ['fetch', 'all'],
  ['undefined', 'all'],
]);

const allowedFromTasker = new Set(['PermanentError', 'PublicError', 'RetryableError', 'StepContext', 'StepHandler']);
const allowedFilesOutside = new Set(['../checkout-context.ts', '../service-urls.ts', '../tasker.ts']);

const nodeGlobals = new Set([
  ...Object.getOwnPropertyNames(globalThis),
  // Not properties of the global object, yet in reach of every module.
  'arguments',
  'eval',
  'exports',
  'global',
  'module',
  'require',
  'self',
  '__dirname',
  '__filename',
]);

/** Words of the trade, as parts of any name: `startTimer`, `ctx.logger`, `trace_id`. */
const monitoringWords = new Set(
  `alert alerts annotate baggage breadcrumb console counter debug diagnostics elapsed emit emitter gauge histogram
  hrtime info instrument instrumentation log logged logger logging logs measure meter metric metrics monitor monitoring
  now observability observe otel performance pino prometheus publish sentry span spans stopwatch telemetry timer timing
  trace traceparent tracer traces tracing tracker warn winston`.split(/\s+/),
);

/** Ways from any value to the global object, past every list of names. */
const backDoors = new Set(['constructor', '__proto__', 'prototype', 'getPrototypeOf']);

export interface Finding {
  readonly line: number;
  readonly what: string;
}

/** Whatever in a handler's source observes instead of doing business: imports, globals, calls and names. */
export function findMonitoring(source: string): Finding[] {
  const tokens = tokenise(source);
  return tokens
    .flatMap((_, index) => [...importFindings(tokens, index), ...nameFindings(tokens, index)])
    .map(({ token, what }) => ({ line: token.line, what }));
}

type Found = { readonly token: Token; readonly what: string };

function importFindings(tokens: readonly Token[], index: number): Found[] {
  const token = tokens[index];
  if (token?.kind !== 'word' || (token.text !== 'import' && token.text !== 'export')) return [];
  if (isMember(tokens, index)) return [];
  const next = tokens[index + 1];
  if (token.text === 'import' && (isPunctuation(next, '(') || isPunctuation(next, '.'))) {
    return [{ token, what: `import${next?.text ?? ''}` }];
  }

  // An export that declares something has no module to name.
  const list = next?.text === 'type' ? tokens[index + 2] : next;
  if (token.text === 'export' && !isPunctuation(list, '{') && !isPunctuation(list, '*')) return [];

  const { names, from } = readClause(tokens, index);
  if (from === undefined) return [];
  if (!from.startsWith('./') && !allowedFilesOutside.has(from)) return [{ token, what: `import of '${from}'` }];
  if (from.slice(2).includes('..')) return from === '../tasker.ts' ? [] : [{ token, what: `import of '${from}'` }];
  if (from !== '../tasker.ts') return [];
  return names.filter((name) => !allowedFromTasker.has(name)).map((name) => ({ token, what: `'${name}' of tasker` }));
}

/** What an import or an export names, up to the module it comes from, where there is one. */
function readClause(tokens: readonly Token[], index: number): { names: string[]; from: string | undefined } {
  const names: string[] = [];
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || isPunctuation(token, ';')) break;
    if (token.kind === 'string') return { names, from: token.text };
    if (token.kind === 'word' && !['type', 'from', 'as'].includes(token.text)) names.push(token.text);
    if (isPunctuation(token, '*')) names.push('*');
  }
  return { names, from: undefined };
}

function nameFindings(tokens: readonly Token[], index: number): Found[] {
  const token = tokens[index];
  if (token === undefined) return [];
  // A name in brackets is a name: ctx['logger'].
  const named = token.kind === 'word' || (token.kind === 'string' && isPunctuation(tokens[index - 1], '['));
  if (!named) return [];

  const found: Found[] = [];
  const add = (what: string) => found.push({ token, what });
  if (backDoors.has(token.text)) add(`way to the global object '${token.text}'`);
  const word = wordsOf(token.text).find((part) => monitoringWords.has(part));
  if (word !== undefined) add(`name '${token.text}'`);
  if (token.kind === 'word' && !isMember(tokens, index) && nodeGlobals.has(token.text)) {
    if (!isAllowedGlobal(tokens, index)) add(`global '${token.text}'`);
  }
  return found;
}

function isAllowedGlobal(tokens: readonly Token[], index: number): boolean {
  const allowed = allowedGlobals.get(tokens[index]?.text ?? '');
  if (allowed === undefined) return false;
  if (allowed === 'all') return true;
  const member = tokens[index + 2];
  return isPunctuation(tokens[index + 1], '.') && member !== undefined && allowed.includes(member.text);
}

function isMember(tokens: readonly Token[], index: number): boolean {
  // Three dots spread a value, which is no member of anything.
  return isPunctuation(tokens[index - 1], '.') && !isPunctuation(tokens[index - 2], '.');
}

function isPunctuation(token: Token | undefined, text: string): boolean {
  return token?.kind === 'punctuation' && token.text === text;
}

function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.toLowerCase());
}
