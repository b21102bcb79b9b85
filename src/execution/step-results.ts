import { errorMessage, TaskerError } from '../shared/errors.ts';
import { deepFreeze, type JsonValue } from '../shared/json.ts';

export interface StepResults {
  /** As they will be read back: through JSON, frozen. */
  readonly results: JsonValue;
  readonly text: string;
}

/**
 * What a handler returned, or an operator gave, as a step's results.
 *
 * @throws TaskerError `TASKER_STEP_RESULTS_INVALID`: not JSON, or larger than `maxBytes`.
 */
export function toStepResults(value: unknown, maxBytes: number): StepResults {
  let text: string | undefined;
  try {
    text = value === undefined ? 'null' : JSON.stringify(value);
  } catch (error) {
    throw invalidResults(`expected JSON-serialisable results: ${errorMessage(error)}`, error);
  }
  if (text === undefined) throw invalidResults(`expected JSON-serialisable results, got a ${typeof value}`);
  const bytes = text.length > maxBytes / 3 ? Buffer.byteLength(text) : text.length;
  if (bytes > maxBytes)
    throw invalidResults(
      `expected results of at most ${maxBytes} bytes as JSON, got ${bytes}; store the data elsewhere and return a reference`,
    );
  return { results: deepFreeze(JSON.parse(text)) as JsonValue, text };
}

function invalidResults(message: string, cause?: unknown): TaskerError {
  return new TaskerError('TASKER_STEP_RESULTS_INVALID', message, { cause });
}
