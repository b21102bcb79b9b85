import { z } from 'zod';

import type { DeepReadonly } from '../shared/json.ts';
import type { AlertRoute } from '../subscribers/alert-delivery/routes.ts';
import type { AlertMatch } from '../subscribers/alert-generation/policies/alert-match.ts';
import type { MaintenanceWindow, Weekday } from '../subscribers/alert-generation/policies/maintenance.ts';
import type { PolicyInput } from '../subscribers/alert-generation/policies/policies.ts';

/** When nobody is to be told: once, by ISO times, or every week, by times of day in UTC. */
export interface MaintenanceInput {
  /** Default: whatever comes. */
  readonly match?: AlertMatch;
  /** Of a window that comes every week: on which it begins. */
  readonly days?: readonly Weekday[];
  /** `2026-12-01T02:00:00Z`; with `days`, `02:00`. */
  readonly from: string;
  /** No longer part of it. With `days`, at `from` or before it: on the day after. */
  readonly until: string;
}

export interface AlertsInput {
  /**
   * Default: whether anything asks for it: a sink that takes alerts, a template with `critical_workflow`,
   * `alert_on_failure` or alerts of its own, or policies here.
   */
  readonly enabled?: boolean;
  /** Built-in policies changed by name, or policies of your own, which need a `kind`. */
  readonly policies?: readonly PolicyInput[];
  /** The first that fits an incident says which sinks are told; none fits: nobody. Default: everything to every sink that takes alerts. */
  readonly routes?: readonly { readonly match?: AlertMatch; readonly sinks: readonly string[] }[];
  readonly maintenance?: readonly MaintenanceInput[];
  /** Context fields by which is told whom an incident hits. Default `customer_tier`, `region`, `payment_method`. */
  readonly scopeFields?: readonly string[];
  /**
   * Where runbooks are: a page below it for each kind of policy, or, with `{policy}` in it, an address in which that
   * stands for the kind: `https://…/runbooks/{policy}.md`. Without it an alert links only to what a policy or template names.
   */
  readonly runbookBaseUrl?: string;
  /** Of a console that shows tasks; without it an alert links to none. */
  readonly consoleBaseUrl?: string;
}

const severity = z.enum(['critical', 'error', 'warning', 'info']);
const name = z.string().min(1).max(200);

const matchSchema = z.strictObject({
  severity: z.union([severity, z.array(severity).min(1)]).optional(),
  namespace: name.optional(),
  task: name.optional(),
  step: name.optional(),
  policy: name.optional(),
  cause: name.optional(),
  labels: z.record(name, name).optional(),
});

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const satisfies readonly Weekday[];

const instant = z.iso.datetime({ offset: true, error: 'expected an ISO time, such as 2026-12-01T02:00:00Z' });
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day in UTC, such as 02:00');

const maintenanceSchema = z
  .strictObject({
    match: matchSchema.optional(),
    days: z.array(z.enum(weekdays)).min(1).optional(),
    from: z.string(),
    until: z.string(),
  })
  .superRefine((window, context) => {
    const time = window.days === undefined ? instant : timeOfDay;
    for (const key of ['from', 'until'] as const) {
      const parsed = time.safeParse(window[key]);
      for (const { message } of parsed.error?.issues ?? []) context.addIssue({ code: 'custom', path: [key], message });
    }
    if (window.days === undefined && Date.parse(window.until) <= Date.parse(window.from))
      context.addIssue({ code: 'custom', path: ['until'], message: 'expected a time after from' });
  });

const webAddress = z.url({ protocol: /^https?$/, error: 'expected an address that begins with http:// or https://' });

export const alertsSchema = z.strictObject({
  enabled: z.boolean().optional(),
  // Whole they are checked against the kinds that there are, where templates' own come to them.
  policies: z.array(z.looseObject({ name })).default([]),
  routes: z.array(z.strictObject({ match: matchSchema.optional(), sinks: z.array(name) })).default([]),
  maintenance: z.array(maintenanceSchema).default([]),
  scopeFields: z.array(name).max(20).default(['customer_tier', 'region', 'payment_method']),
  runbookBaseUrl: webAddress.optional(),
  consoleBaseUrl: webAddress.optional(),
});

/** For the nearest right one to a key that is not known. */
export const alertsKeys: readonly string[] = [
  ...Object.keys(alertsSchema.shape),
  ...Object.keys(matchSchema.shape),
  'match',
  'sinks',
  'days',
  'from',
  'until',
];

export interface ResolvedAlerts {
  /** null: whether anything asks for it decides. */
  readonly enabled: boolean | null;
  readonly policies: readonly DeepReadonly<PolicyInput>[];
  readonly routes: readonly AlertRoute[];
  readonly maintenance: readonly MaintenanceWindow[];
  readonly scopeFields: readonly string[];
  readonly runbookBaseUrl: string | null;
  readonly consoleBaseUrl: string | null;
}

export function resolveAlerts(given: z.infer<typeof alertsSchema> | undefined): ResolvedAlerts {
  const { enabled, policies, routes, maintenance, scopeFields, runbookBaseUrl, consoleBaseUrl } =
    given ?? alertsSchema.parse({});
  return {
    enabled: enabled ?? (given === undefined ? null : true),
    policies,
    routes,
    maintenance: maintenance.map(windowOf),
    scopeFields,
    runbookBaseUrl: runbookBaseUrl ?? null,
    consoleBaseUrl: consoleBaseUrl ?? null,
  };
}

function windowOf({ match, days, from, until }: z.infer<typeof maintenanceSchema>): MaintenanceWindow {
  if (days === undefined) return { match, kind: 'once', fromMs: Date.parse(from), untilMs: Date.parse(until) };
  return { match, kind: 'weekly', days, fromMs: ofDayMs(from), untilMs: ofDayMs(until) };
}

function ofDayMs(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
}
