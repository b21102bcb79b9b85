/**
 * Reads of what was thrown what can be read. A thrown value is foreign: its properties may be of any type, and their
 * getters may throw.
 */

// Class names and codes become labels and search keys; anything else in their place could carry a message.
const safeType = /^[A-Za-z_$][\w$.:]{0,63}$/;
const safeCode = /^[A-Za-z0-9_.:-]{1,64}$/;
// Error numbers are small; a longer one, also within a name or set apart in groups, is more likely an account's.
const maxDigits = 5;

/** The class of an error, or the type of what is none; `_OTHER` where it could be anything else. */
export function typeOfThrown(thrown: unknown): string {
  if (!(thrown instanceof Error)) return thrown === null ? 'null' : typeof thrown;
  const name = read(() => (thrown.name === 'Error' ? thrown.constructor.name : thrown.name));
  return typeof name === 'string' && isSafe(name, safeType) ? name : '_OTHER';
}

/** A code that can be nothing but one. */
export function codeOfThrown(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isInteger(value) ? String(value) : value;
  return typeof text === 'string' && isSafe(text, safeCode) ? text : undefined;
}

function isSafe(text: string, form: RegExp): boolean {
  return form.test(text) && (text.match(/\d/g)?.length ?? 0) <= maxDigits;
}

export function messageOfThrown(thrown: unknown, maxCharacters: number): string {
  const text = read(() => String(thrown instanceof Error ? thrown.message : thrown));
  return truncate(text ?? 'a value that cannot be shown', maxCharacters);
}

export function stackOfThrown(thrown: unknown, maxCharacters: number): string | null {
  const stack = thrown instanceof Error ? read(() => thrown.stack) : null;
  return typeof stack === 'string' ? truncate(stack, maxCharacters) : null;
}

/** One of its own properties; undefined if it has none that can be read. */
export function fieldOfThrown(thrown: unknown, name: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  return read(() => Object.getOwnPropertyDescriptor(thrown, name) && (thrown as Record<string, unknown>)[name]);
}

function read<T>(reading: () => T): T | undefined {
  try {
    return reading();
  } catch {
    return undefined;
  }
}

function truncate(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}
