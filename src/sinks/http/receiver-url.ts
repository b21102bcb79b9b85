import { z } from 'zod';

/** The options of a sink that sends to one address over the open network. */
interface Addressed {
  readonly url: string;
  readonly allowInsecure: boolean;
}

const loopback = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Plain HTTP shows keys and business facts to whoever is on the way; on this machine nobody is. */
export function checkReceiverUrl({ url, allowInsecure }: Addressed, context: z.RefinementCtx, option = 'url'): void {
  const say = (message: string): void => context.addIssue({ code: 'custom', path: [option], message });
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return say('expected an address that begins with https://');
  if (parsed.username !== '' || parsed.password !== '') say('expected no user and password in the address');
  if (parsed.protocol === 'http:' && !allowInsecure && !loopback.test(parsed.hostname))
    say('expected https: http is taken for this machine alone, or with allowInsecure: true');
}

/** Headers that Node would refuse only when the first alert goes out. */
export const headersSchema = z.record(
  z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'expected the name of a header'),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected one line of printable characters'),
);

export const timeoutSchema = z.number().min(1).max(600_000);

/** The same as what a sink's name must be, said where it is given. */
export const nameSchema = z.string().regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected 1 to 40 of A-Z a-z 0-9 . _ -');
