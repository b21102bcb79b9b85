import { isPlainObject, type JsonValue } from '../shared/json.ts';

/**
 * Of a state that is changed in place, for the built in, which count more than could be copied for every event. Their
 * handlers must not throw once they have begun to change it.
 */
export interface StateCodec {
  readonly encode: (state: never) => JsonValue;
  readonly decode: (stored: JsonValue) => unknown;
}

interface WithState {
  readonly initial: (() => unknown) | null;
  readonly codec: StateCodec | null;
}

/** A state that was added to a subscriber later begins with its initial value; one that was taken away is left alone. */
export function stateFrom({ initial, codec }: WithState, stored: string | null): unknown {
  if (initial === null) return undefined;
  if (stored === null) return codec === null ? freezeState(initial()) : initial();
  const parsed = JSON.parse(stored) as JsonValue;
  return codec === null ? freezeState(parsed) : codec.decode(parsed);
}

/** As it is saved; null for one that keeps none. */
export function stateText({ initial, codec }: WithState, state: unknown): string | null {
  if (initial === null) return null;
  return JSON.stringify(codec === null ? state : codec.encode(state as never));
}

// Frozen all through and seen to be JSON. That something is frozen says neither.
const checked = new WeakSet<object>();
const outermost = 'state';

/**
 * Freezes a new state and sees that JSON can hold it: what is saved must be what the next event finds. Parts that came
 * from an earlier state are not looked at again.
 */
export function freezeState<T>(value: T, path = outermost): T {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw notJson(path, String(value));
      return value;
    case 'object':
      if (value === null || checked.has(value)) return value;
      if (!Array.isArray(value) && !isPlainObject(value)) throw notJson(path, `a ${typeOfObject(value)}`);
      for (const [key, child] of Object.entries(value)) freezeState(child, `${path}.${key}`);
      // The outermost is a new one each time: to remember it costs more than to look at it again.
      if (path !== outermost) checked.add(value);
      return Object.freeze(value);
    default:
      throw notJson(path, typeof value);
  }
}

function typeOfObject(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function notJson(path: string, found: string): TypeError {
  return new TypeError(`${path}: expected what JSON can hold, got ${found}`);
}
