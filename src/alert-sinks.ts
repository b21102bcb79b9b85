/** The sinks of alerts as a configuration makes them: their secrets are read here, once. */
import { readSecret } from './config/telemetry.ts';
import { systemClock } from './shared/clock.ts';
import { TaskerError } from './shared/errors.ts';
import type { Secret } from './sinks/alerts/secret.ts';
import { type AlertmanagerSinkOptions, checkAlertmanagerOptions } from './sinks/alertmanager/alertmanager-options.ts';
import { makeAlertmanagerSink } from './sinks/alertmanager/alertmanager-sink.ts';
import type { AlertSink } from './sinks/define-sink.ts';
import { checkPagerDutyOptions, type PagerDutySinkOptions } from './sinks/pagerduty/pagerduty-options.ts';
import { makePagerDutySink } from './sinks/pagerduty/pagerduty-sink.ts';
import { withRecipe } from './sinks/sink-recipe.ts';
import { checkSlackOptions, type SlackSinkOptions } from './sinks/slack/slack-options.ts';
import { makeSlackSink } from './sinks/slack/slack-sink.ts';
import { checkWebhookOptions, type WebhookSinkOptions } from './sinks/webhook/webhook-options.ts';
import { makeWebhookSink } from './sinks/webhook/webhook-sink.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * To PagerDuty: one alert for each incident, which pages by the rules of its service. What began and ended while
 * PagerDuty could not be reached pages nobody; it is told of as a change of the service.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export function pagerDutySink({ env = process.env, ...options }: PagerDutySinkOptions): AlertSink {
  const routingKey = secretOf('routingKey', options.routingKey, env);
  const parts = checkPagerDutyOptions({ ...options, routingKey });
  return withRecipe(makePagerDutySink(parts, systemClock), { kind: 'pagerduty', parts });
}

/**
 * To one Alertmanager, which is told again of what is open every `repeatMs`. Of a cluster each member is told:
 * `alertmanagerSinks`.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export function alertmanagerSink({ env = process.env, ...options }: AlertmanagerSinkOptions): AlertSink {
  const headers = secretsOf('headers', options.headers, env);
  const parts = checkAlertmanagerOptions({ ...options, headers });
  return withRecipe(makeAlertmanagerSink(parts, systemClock), { kind: 'alertmanager', parts });
}

export interface AlertmanagerSinksOptions extends Omit<AlertmanagerSinkOptions, 'url'> {
  /** Of all members of the cluster. */
  readonly urls: readonly string[];
}

/**
 * To all members of a cluster of Alertmanagers, a sink for each: `alertmanager-1`, `alertmanager-2`, … A member that is
 * down is told of as its sink, and holds up none of the others.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export function alertmanagerSinks({ urls, name = 'alertmanager', ...options }: AlertmanagerSinksOptions): AlertSink[] {
  if (!Array.isArray(urls) || urls.length === 0)
    throw new TaskerError(
      'TASKER_CONFIG_INVALID',
      "The Alertmanager sinks' options are not valid: urls: expected one or more.",
    );
  return urls.map((url, index) => alertmanagerSink({ ...options, url, name: `${name}-${index + 1}` }));
}

/**
 * To a channel of Slack, through an incoming webhook: one message for each notice.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export function slackSink({ env = process.env, ...options }: SlackSinkOptions): AlertSink {
  const webhookUrl = secretOf('webhookUrl', options.webhookUrl, env);
  const parts = checkSlackOptions({ ...options, webhookUrl });
  return withRecipe(makeSlackSink(parts, systemClock), { kind: 'slack', parts });
}

/**
 * To a service of your own: each notice as JSON, signed as Standard Webhooks has it.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export function webhookSink({ env = process.env, secret, ...options }: WebhookSinkOptions): AlertSink {
  const given = Array.isArray(secret) ? (secret as readonly Secret[]) : [secret as Secret];
  const parts = checkWebhookOptions({
    ...options,
    url: secretOf('url', options.url, env),
    headers: secretsOf('headers', options.headers, env),
    secret: given.map((one) => secretOf('secret', one, env)),
  });
  return withRecipe(makeWebhookSink(parts, systemClock), { kind: 'webhook', parts });
}

function secretsOf(
  option: string,
  given: Readonly<Record<string, Secret>> | undefined,
  env: Environment,
): Record<string, string> | undefined {
  if (given === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(given).map(([name, secret]) => [name, secretOf(`${option}.${name}`, secret, env)]),
  );
}

/** What is no secret at all is handed on: whoever checks the options says what was expected. */
function secretOf(option: string, given: Secret, env: Environment): string {
  if (typeof given !== 'object' || given === null) return given;
  return 'env' in given || 'file' in given ? readSecret(option, given, env) : given;
}
