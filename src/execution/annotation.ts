import { errorMessage, TaskerError } from '../shared/errors.ts';
import type { AnnotationRow } from './task-store.ts';

/** Of one task: a note, not a place to keep data. */
export const maxAnnotations = 100;
const maxKeyLength = 128;
const maxValueBytes = 4096;

/** A note as it will be stored. */
export type CheckedAnnotation = Pick<AnnotationRow, 'key' | 'value'>;

/** @throws TaskerError `TASKER_ANNOTATION_INVALID`. */
export function checkAnnotation(key: unknown, value: unknown): CheckedAnnotation {
  if (typeof key !== 'string' || key.length === 0 || key.length > maxKeyLength) {
    const got = typeof key === 'string' ? `one of ${key.length}` : `a value of type ${typeof key}`;
    throw invalid(`expected a key of 1 to ${maxKeyLength} characters, got ${got}`);
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw invalid(`expected a value that can be written as JSON: ${errorMessage(error)}`, error);
  }
  if (text === undefined) throw invalid(`expected a value that can be written as JSON, got ${typeof value}`);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxValueBytes) {
    throw invalid(
      `expected a value of at most ${maxValueBytes} bytes as JSON, got ${bytes}; keep the data elsewhere and note where`,
    );
  }
  return { key, value: text };
}

export const noRoom = `the task has ${maxAnnotations} annotations, and no task has more`;

/** @throws TaskerError `TASKER_ANNOTATION_REFUSED`: the note is sound, but cannot be taken. */
export function refuseAnnotation(key: string, why: string): never {
  throw new TaskerError('TASKER_ANNOTATION_REFUSED', `The annotation '${key}' was not taken: ${why}.`, {
    details: { key },
  });
}

function invalid(what: string, cause?: unknown): TaskerError {
  return new TaskerError('TASKER_ANNOTATION_INVALID', `The annotation is not valid: ${what}.`, { cause });
}
