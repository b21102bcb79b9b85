import type { AlertIncident, AlertSeverity } from '../../../signals/alert.ts';
import { means } from './name-pattern.ts';

/**
 * Which incidents: all that is given must fit, and nothing given fits every one. What an incident has no word for (one
 * about the engine has no task) fits only what does not ask for it. Plain JSON, as it is configured and recorded.
 */
export interface AlertMatch {
  readonly severity?: AlertSeverity | readonly AlertSeverity[] | undefined;
  /** A `*` at the end of it, and of the next three, fits whatever follows. */
  readonly namespace?: string | undefined;
  readonly task?: string | undefined;
  readonly step?: string | undefined;
  readonly policy?: string | undefined;
  readonly cause?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export type MatchedIncident = Pick<
  AlertIncident,
  'severity' | 'namespace' | 'task' | 'step' | 'policy' | 'joined' | 'cause' | 'labels'
>;

/** A policy that has only joined the incident fits too: whoever waits for lost revenue waits for all that loses it. */
export function matches(match: AlertMatch, incident: MatchedIncident): boolean {
  const { severity, namespace, task, step, policy, cause, labels = {} } = match;
  if (severity !== undefined && ![severity].flat().includes(incident.severity)) return false;
  return (
    fits(namespace, [incident.namespace]) &&
    fits(task, [incident.task]) &&
    fits(step, [incident.step]) &&
    fits(policy, [incident.policy, ...incident.joined]) &&
    (cause === undefined || cause === incident.cause) &&
    Object.entries(labels).every(([name, value]) => incident.labels[name] === value)
  );
}

function fits(pattern: string | undefined, names: readonly (string | null)[]): boolean {
  return pattern === undefined || names.some((name) => name !== null && means(pattern, name));
}
