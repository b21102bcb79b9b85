import type { PayloadOf } from '../../events/catalog.ts';
import type { AlertIncident } from '../../signals/alert.ts';
import type { AlertMatch } from './policies/alert-match.ts';

type Told = PayloadOf<'alert.triggered'>['incident'];
/**
 * What the log says of incidents and what sinks are told are one thing under two roofs: events know no signals, and
 * sinks no events. Here, where both are seen, one that is changed alone does not compile.
 */
export const asIncident = (told: Told): AlertIncident => told;
export const asTold = (incident: AlertIncident): Told => incident;

/** An operator's silence, as it is recorded. */
export type AlertSilence = PayloadOf<'alert.silenced'>['silence'];

export const asMatch = ({ match }: AlertSilence): AlertMatch => match;
