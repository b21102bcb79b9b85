import { RetryableError } from '../tasker.ts';

/** What a service answered, read field by field; a missing or mistyped field is a fault worth another try. */
export interface ServiceAnswer {
  text(field: string): string;
  integer(field: string): number;
}

export function serviceAnswer(body: string): ServiceAnswer {
  const fields = parseObject(body);
  return {
    text: (field) => {
      const value = fields.get(field);
      if (typeof value !== 'string') throw malformed(`text in '${field}'`);
      return value;
    },
    integer: (field) => {
      const value = fields.get(field);
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw malformed(`a whole number in '${field}'`);
      return value;
    },
  };
}

function parseObject(body: string): Map<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return new Map(Object.entries(value));
  } catch (error) {
    throw malformed('JSON', error);
  }
  throw malformed('a JSON object');
}

function malformed(expected: string, cause?: unknown): RetryableError {
  return new RetryableError(`The service's answer is malformed: expected ${expected}`, {
    code: 'malformed_answer',
    cause,
  });
}
