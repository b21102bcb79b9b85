import type { PayloadOf } from '../../events/catalog.ts';

type Failure = Pick<PayloadOf<'step.failed'>, 'cause' | 'final' | 'error'>;

export const errorClasses = [
  'timeout',
  'connection',
  'resource',
  'validation',
  'permanent',
  'worker_lost',
  'application',
] as const;

/** By class: error types or codes that belong to it, ahead of what is known here. Classes may be new ones. */
export type ErrorClassRules = Readonly<Record<string, readonly string[]>>;

const byCode: readonly (readonly [RegExp, (typeof errorClasses)[number]])[] = [
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|ABORT_ERR)$/, 'timeout'],
  [/^(ECONN\w+|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH|UND_ERR_SOCKET)$/, 'connection'],
  [/^(ENOMEM|EMFILE|ENFILE|ENOSPC|EBUSY|EAGAIN|SQLITE_FULL|SQLITE_BUSY)$/, 'resource'],
];

/** What kind of trouble it was, from what may be told of an error: its type, code and status. */
export function errorClass({ cause, final, error }: Failure, rules: ErrorClassRules = {}): string {
  for (const [name, members] of Object.entries(rules)) {
    if (members.includes(error.type) || (error.code !== undefined && members.includes(error.code))) return name;
  }
  if (cause === 'worker_lost') return 'worker_lost';
  if (cause === 'timeout' || /timeout/i.test(error.type)) return 'timeout';
  const coded = byCode.find(([pattern]) => error.code !== undefined && pattern.test(error.code));
  if (coded !== undefined) return coded[1];
  const { status } = error;
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429 || status === 503 || status === 507) return 'resource';
  if (status === 502) return 'connection';
  if (status === 400 || status === 422 || /validation|invalid/i.test(error.type)) return 'validation';
  return final === 'permanent' ? 'permanent' : 'application';
}
