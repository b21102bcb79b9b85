import type { AlertIncident } from '../../signals/alert.ts';
import { type AlertMatch, matches } from '../alert-generation/policies/alert-match.ts';
import { means } from '../alert-generation/policies/name-pattern.ts';

export interface AlertRoute {
  /** Default: whatever comes. */
  readonly match?: AlertMatch | undefined;
  /** By name; a `*` at the end fits whatever follows: a cluster of Alertmanagers is a sink for each member. */
  readonly sinks: readonly string[];
}

export type Routed = Pick<
  AlertIncident,
  'severity' | 'namespace' | 'task' | 'step' | 'policy' | 'joined' | 'cause' | 'labels' | 'system'
>;

/** The first route that fits, by its place; null: none does, and nobody is told; or there are none, and everybody is. */
export function routeOf(routes: readonly AlertRoute[], incident: Routed): number | null {
  const index = routes.findIndex(({ match = {} }) => matches(match, incident));
  return index === -1 ? null : index;
}

/** Whether this sink is told. That it fails itself is no news to it. */
export function leadsTo(sink: string, routes: readonly AlertRoute[], incident: Routed): boolean {
  if (incident.policy === 'sink_failing' && incident.system === sink) return false;
  if (routes.length === 0) return true;
  const index = routeOf(routes, incident);
  return index !== null && routes[index]?.sinks.some((pattern) => means(pattern, sink)) === true;
}
