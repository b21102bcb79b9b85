import { PermanentError, PublicError, RetryableError, type StepContext } from '../tasker.ts';
import { readRetryAfter } from './retry-after.ts';
import { serviceAnswer, type ServiceAnswer } from './service-answer.ts';

export interface ServiceCall {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Refusals that are an answer and not a fault: code → a message that anyone may read. */
  readonly refusals?: Readonly<Record<string, string>>;
}

/**
 * One call that changes something elsewhere. Every attempt of a step sends the same idempotency key, so the
 * service gives a second attempt the first one's answer.
 */
export async function callService(
  context: Pick<StepContext, 'idempotencyKey' | 'signal'>,
  call: ServiceCall,
): Promise<ServiceAnswer> {
  const { response, text } = await exchange(context, call);
  if (response.ok) return serviceAnswer(text);

  const code = codeOf(text) ?? `http_${response.status}`;
  const status = response.status;
  const refusal = call.refusals?.[code];
  if (refusal !== undefined) throw new PublicError(refusal, { permanent: true, code, status });

  if (!isWorthRetrying(status)) throw new PermanentError(`The service refused the call: ${code}`, { code, status });
  const retryAfterMs = readRetryAfter(response.headers);
  throw new RetryableError(`The service could not answer: ${code}`, {
    code,
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

async function exchange(context: Pick<StepContext, 'idempotencyKey' | 'signal'>, call: ServiceCall) {
  try {
    const response = await fetch(call.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': context.idempotencyKey },
      body: JSON.stringify(call.body),
      signal: context.signal,
    });
    return { response, text: await response.text() };
  } catch (error) {
    // An abort is the engine's decision and keeps its reason; everything else is the network's.
    context.signal.throwIfAborted();
    throw new RetryableError('The service could not be reached', { code: networkCode(error), cause: error });
  }
}

function isWorthRetrying(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function codeOf(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || !('code' in body)) return undefined;
    // The code leaves the task, so a service cannot make it carry anything else.
    return typeof body.code === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(body.code) ? body.code : undefined;
  } catch {
    return undefined;
  }
}

/** The system's own name for it, such as ECONNREFUSED, which fetch hides in its cause. */
function networkCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'network_error';
}
