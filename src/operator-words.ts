import type { JsonObject } from './shared/json.ts';
import type { OperatorAction } from './tasker.ts';

/** As a command row will hold it. */
export function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

export function whoAndWhy({ by = 'unknown', why = '' }: OperatorAction): Required<OperatorAction> {
  return { by, why };
}
