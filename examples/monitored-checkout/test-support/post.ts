export interface Posted {
  readonly status: number;
  readonly replayed: boolean;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A call to a service as a handler makes it, for tests of the services themselves. */
export async function post(
  url: string,
  body: unknown,
  { key = 'key-1', signal = null }: { readonly key?: string | null; readonly signal?: AbortSignal | null } = {},
): Promise<Posted> {
  const response = await fetch(url, {
    method: 'POST',
    headers: key === null ? {} : { 'idempotency-key': key },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal,
  });
  const answer: unknown = await response.json();
  if (typeof answer !== 'object' || answer === null) throw new TypeError('The service answered no object');
  return {
    status: response.status,
    replayed: response.headers.get('idempotency-replayed') === 'true',
    headers: response.headers,
    body: { ...answer },
  };
}
