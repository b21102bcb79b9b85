import { z } from 'zod';

import { checkOptions } from '../check-options.ts';
import { checkReceiverUrl, nameSchema, timeoutSchema } from '../http/receiver-url.ts';
import type { Secret } from '../alerts/secret.ts';

export interface PagerDutySinkOptions {
  /** Default `pagerduty`. */
  readonly name?: string;
  /** The integration key of a service or an event orchestration: 32 letters and digits. */
  readonly routingKey: Secret;
  /** Default `https://events.pagerduty.com`; accounts of the EU region: `https://events.eu.pagerduty.com`. */
  readonly url?: string;
  /** What PagerDuty names as the place of the trouble. Default `tasker ENVIRONMENT`. */
  readonly source?: string;
  /** How long one delivery may take, milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Plain HTTP to another machine, for a proxy of your own. Default false. */
  readonly allowInsecure?: boolean;
  /** Where the variable of the key is read. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const optionsSchema = z
  .strictObject({
    name: nameSchema.default('pagerduty'),
    routingKey: z.string().regex(/^[A-Za-z0-9]{32}$/, 'expected 32 letters and digits'),
    url: z.string().default('https://events.pagerduty.com'),
    source: z.string().min(1).max(255).nullable().default(null),
    timeoutMs: timeoutSchema.default(10_000),
    allowInsecure: z.boolean().default(false),
  })
  .superRefine((options, context) => checkReceiverUrl(options, context));

export type PagerDutyParts = z.output<typeof optionsSchema>;

/** @throws TaskerError `TASKER_CONFIG_INVALID` */
export function checkPagerDutyOptions(given: unknown): PagerDutyParts {
  return checkOptions('The PagerDuty sink', optionsSchema, given);
}
