import type { PayloadOf } from '../../events/catalog.ts';
import type { AlertIncident } from '../../signals/alert.ts';
import { alertGenerationName } from '../alert-generation/alert-generation.ts';
import { runbookAddress } from '../alert-generation/policies/runbook-address.ts';

/**
 * What alert generation itself cannot tell: that it is behind, and so blind. Its receivers say so in its place, each
 * from the same fact, and so of the same key.
 */
export function laggingIncident(
  eventId: string,
  sinceMs: number,
  { lag, limit }: PayloadOf<'subscriber.lagged'>,
  { environment, runbookBaseUrl }: { readonly environment: string; readonly runbookBaseUrl: string | null },
): AlertIncident {
  return {
    key: `${laggingPrefix}${eventId}`,
    severity: 'critical',
    environment,
    policy: 'subscriber_lagging',
    joined: [],
    summary: `${alertGenerationName} is ${lag} events behind the log (its limit is ${limit}): until it has caught up, nobody is told of anything else.`,
    namespace: null,
    task: null,
    step: null,
    system: alertGenerationName,
    cause: 'subscriber_lagging',
    firstError: null,
    sinceMs,
    tasksHit: 0,
    hitBy: {},
    scope: [],
    lost: {},
    atRisk: {},
    trend: 'growing',
    action: 'See what keeps it: `tasker subscribers`, and how busy the process and its disk are.',
    runbookUrl: runbookBaseUrl === null ? null : runbookAddress(runbookBaseUrl, 'subscriber_lagging'),
    consoleUrl: null,
    labels: {},
    exampleTask: null,
    exampleTrace: null,
  };
}

const laggingPrefix = `${alertGenerationName}.lagging.`;

export const isLagging = ({ key }: AlertIncident): boolean => key.startsWith(laggingPrefix);
