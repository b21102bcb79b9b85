import { z } from 'zod';

import type { Secret } from '../alerts/secret.ts';
import { checkOptions } from '../check-options.ts';
import { headersSchema, nameSchema, timeoutSchema } from '../http/receiver-url.ts';
import { ownLabels } from './alertmanager-alert.ts';

export interface AlertmanagerSinkOptions {
  /** Default `alertmanager`. */
  readonly name?: string;
  /** With the prefix of its routes, if it has one: `http://alertmanager:9093`. Never that of a load balancer. */
  readonly url: string;
  /** For a proxy that asks who comes. */
  readonly headers?: Readonly<Record<string, Secret>>;
  /** In every alert, for routes of your own: `{ team: 'checkout' }`. They belong to what an alert is known by. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How often an open alert is said again, milliseconds. Default 60,000. */
  readonly repeatMs?: number;
  /** How long one delivery may take, milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Where variables of secrets are read. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const optionsSchema = z.strictObject({
  name: nameSchema.default('alertmanager'),
  url: z.url({ protocol: /^https?$/, error: 'expected an address that begins with http:// or https://' }),
  headers: headersSchema.default({}),
  labels: z
    .record(
      z
        .string()
        .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'expected the name of a label')
        .refine((name) => !ownLabels.has(name), 'expected no label that every alert has anyhow'),
      z.string().min(1),
    )
    .default({}),
  repeatMs: z.number().min(1000).max(3_600_000).default(60_000),
  timeoutMs: timeoutSchema.default(10_000),
});

export type AlertmanagerParts = z.output<typeof optionsSchema>;

/** @throws TaskerError `TASKER_CONFIG_INVALID` */
export function checkAlertmanagerOptions(given: unknown): AlertmanagerParts {
  return checkOptions('The Alertmanager sink', optionsSchema, given);
}
