import { isPlainObject } from '../shared/json.ts';

/**
 * Freezes a new state and sees that JSON can hold it: what is saved must be what the next event finds. Parts that are
 * frozen already came from an earlier state and are not looked at again.
 */
export function freezeState<T>(value: T, path = 'state'): T {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw notJson(path, String(value));
      return value;
    case 'object':
      if (value === null || Object.isFrozen(value)) return value;
      if (!Array.isArray(value) && !isPlainObject(value)) throw notJson(path, value.constructor.name);
      for (const [key, child] of Object.entries(value)) freezeState(child, `${path}.${key}`);
      return Object.freeze(value);
    default:
      throw notJson(path, typeof value);
  }
}

function notJson(path: string, found: string): TypeError {
  return new TypeError(`${path}: expected what JSON can hold, got ${found}`);
}
