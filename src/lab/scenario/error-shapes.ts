import type { ErrorClassName, ErrorInput } from './scenario-schema.ts';
import type { ErrorShape } from './scenario.ts';

const shapes: Readonly<Record<ErrorClassName, Omit<ErrorShape, 'class'>>> = {
  timeout: { type: 'TimeoutError', code: 'ETIMEDOUT', status: null },
  connection: { type: 'Error', code: 'ECONNRESET', status: null },
  resource: { type: 'ServiceError', code: null, status: 503 },
  application: { type: 'ServiceError', code: null, status: 500 },
  validation: { type: 'ServiceError', code: null, status: 422 },
  permanent: { type: 'PermanentError', code: null, status: null },
};

/** By the same rules by which Tasker sorts errors; `docs/lab.md` has the table. */
function classOfStatus(status: number): ErrorClassName {
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429 || status === 503 || status === 507) return 'resource';
  if (status === 502) return 'connection';
  return status === 400 || status === 422 ? 'validation' : 'application';
}

export function errorShape(input: ErrorInput): ErrorShape {
  if (typeof input === 'string') return { class: input, ...shapes[input] };
  const named = input.class ?? (input.status === undefined ? 'resource' : classOfStatus(input.status));
  // What is said of it replaces what stands for its class: a status of one's own goes without the usual code.
  const said = input.type !== undefined || input.code !== undefined || input.status !== undefined;
  const usual = shapes[named];
  return {
    class: named,
    type: input.type ?? usual.type,
    code: input.code ?? (said ? null : usual.code),
    status: input.status ?? (said ? null : usual.status),
  };
}
