import { z } from 'zod';

import type { Secret } from '../alerts/secret.ts';
import { checkOptions } from '../check-options.ts';
import { checkReceiverUrl, nameSchema, timeoutSchema } from '../http/receiver-url.ts';

export interface SlackSinkOptions {
  /** Default `slack`. */
  readonly name?: string;
  /** The address of an incoming webhook. Whoever has it can write to the channel. */
  readonly webhookUrl: Secret;
  /** How long one delivery may take, milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Plain HTTP to another machine, for a proxy of your own. Default false. */
  readonly allowInsecure?: boolean;
  /** Where the variable of the address is read. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const optionsSchema = z
  .strictObject({
    name: nameSchema.default('slack'),
    webhookUrl: z.string(),
    timeoutMs: timeoutSchema.default(10_000),
    allowInsecure: z.boolean().default(false),
  })
  .superRefine(({ webhookUrl, allowInsecure }, context) =>
    checkReceiverUrl({ url: webhookUrl, allowInsecure }, context, 'webhookUrl'),
  );

export type SlackParts = z.output<typeof optionsSchema>;

/** @throws TaskerError `TASKER_CONFIG_INVALID` */
export function checkSlackOptions(given: unknown): SlackParts {
  return checkOptions('The Slack sink', optionsSchema, given);
}
