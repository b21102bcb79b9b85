import type { ResolvedConfig } from './config/resolve-config.ts';
import { monitoredTasks } from './monitored-tasks.ts';
import { TaskerError } from './shared/errors.ts';
import type { Sink } from './sinks/define-sink.ts';
import type { AlertDeliveryOptions } from './subscribers/alert-delivery/alert-delivery.ts';
import type { AlertGenerationOptions } from './subscribers/alert-generation/alert-generation.ts';
import { means } from './subscribers/alert-generation/policies/name-pattern.ts';
import { resolvePolicies } from './subscribers/alert-generation/policies/resolve-policies.ts';
import { suggestion } from './tasks/nearest-name.ts';
import type { TaskTemplate } from './tasks/template.ts';

/** What is watched for, and who is told. Plain JSON: it goes to the thread that watches. */
export interface AlertingParts {
  readonly generation: AlertGenerationOptions;
  readonly delivery: AlertDeliveryOptions;
}

type AskedOfAlerting = Pick<ResolvedConfig, 'alerts' | 'environment' | 'telemetry'>;

/**
 * What configuration and templates ask of alerting, checked; null: nothing does.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`, with the nearest right names.
 */
export function alertingParts(
  { alerts, environment, telemetry }: AskedOfAlerting,
  templates: readonly TaskTemplate[],
  sinks: readonly Sink[],
): AlertingParts | null {
  const generation = alertGenerationOptions({ alerts, environment, telemetry }, templates);
  const { tasks, policies, runbookBaseUrl } = generation;
  const { enabled, routes } = alerts;
  // Also where it is turned off: what is wrong today would be wrong on the day it is turned on.
  resolvePolicies(policies, tasks);
  const receivers = sinks.filter((sink) => sink.alerts !== undefined).map(({ name }) => name);
  requireReceivers(routes, receivers, sinks);
  const isAskedFor =
    receivers.length > 0 ||
    policies.length > 0 ||
    tasks.some(({ alerting }) => alerting.critical || alerting.onFailure || alerting.policies.length > 0);
  if (!(enabled ?? isAskedFor)) return null;
  return { generation, delivery: { routes, environment, runbookBaseUrl } };
}

/** The same of its first half, whether anything asks for it or not: what it would say may be asked before. */
export function alertGenerationOptions(
  { alerts, environment, telemetry: { metrics } }: AskedOfAlerting,
  templates: readonly TaskTemplate[],
): AlertGenerationOptions {
  const { policies, maintenance, scopeFields, runbookBaseUrl, consoleBaseUrl } = alerts;
  const { defaultCurrency, errorClasses } = metrics;
  return {
    tasks: monitoredTasks(templates),
    policies,
    maintenance,
    environment,
    scopeFields,
    runbookBaseUrl,
    consoleBaseUrl,
    defaultCurrency,
    errorClasses,
  };
}

function requireReceivers(
  routes: AlertDeliveryOptions['routes'],
  receivers: readonly string[],
  sinks: readonly Sink[],
): void {
  const problems = routes.flatMap((route, index) =>
    route.sinks.flatMap((name, place) => {
      if (receivers.some((receiver) => means(name, receiver))) return [];
      const at = `alerts.routes.${index}.sinks.${place}`;
      const isThere = sinks.some((sink) => sink.name === name);
      const found = isThere ? `the sink '${name}' takes no alerts` : `there is no sink '${name}'`;
      return `${at}: ${found}${suggestion(name, receivers)}; those that take alerts: ${receivers.join(', ') || 'none'}`;
    }),
  );
  if (problems.length === 0) return;
  throw new TaskerError(
    'TASKER_CONFIG_INVALID',
    `The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    { details: { problems } },
  );
}
