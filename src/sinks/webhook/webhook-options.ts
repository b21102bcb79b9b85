import { z } from 'zod';

import type { Secret } from '../alerts/secret.ts';
import { checkOptions } from '../check-options.ts';
import { checkReceiverUrl, headersSchema, nameSchema, timeoutSchema } from '../http/receiver-url.ts';

export interface WebhookSinkOptions {
  /** Default `webhook`. */
  readonly name?: string;
  /** Redirections are not followed. */
  readonly url: Secret;
  /**
   * What notices are signed with, in the form of Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64. Two
   * while a new one takes the place of the old: each notice then carries a signature by each.
   */
  readonly secret: Secret | readonly Secret[];
  /** Added to each request. */
  readonly headers?: Readonly<Record<string, Secret>>;
  /** How long one delivery may take, milliseconds. Default 15,000. */
  readonly timeoutMs?: number;
  /** Plain HTTP to another machine. Default false. */
  readonly allowInsecure?: boolean;
  /** Where variables of secrets are read. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const reserved = /^(?:webhook-(?:id|timestamp|signature)|content-type|content-length|host)$/i;

const optionsSchema = z
  .strictObject({
    name: nameSchema.default('webhook'),
    url: z.string(),
    secret: z.array(z.string().refine(isSecret, "expected 'whsec_' and 24 to 64 bytes in base64")).min(1).max(4),
    headers: headersSchema
      .refine(
        (headers) => !Object.keys(headers).some((name) => reserved.test(name)),
        'expected none that are set anyhow',
      )
      .default({}),
    timeoutMs: timeoutSchema.default(15_000),
    allowInsecure: z.boolean().default(false),
  })
  .superRefine((options, context) => checkReceiverUrl(options, context));

export type WebhookParts = z.output<typeof optionsSchema>;

/** @throws TaskerError `TASKER_CONFIG_INVALID` */
export function checkWebhookOptions(given: unknown): WebhookParts {
  return checkOptions('The webhook sink', optionsSchema, given);
}

function isSecret(text: string): boolean {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(encoded, 'base64');
  return length >= 24 && length <= 64;
}
