import type { JsonValue } from '../../shared/json.ts';
import type { AlertIncident } from '../../signals/alert.ts';
import type { SubscriberDefinition } from '../define-subscriber.ts';
import type { MonitoredTask } from '../metrics/monitored-tasks.ts';
import type { PolicyInput } from './policies.ts';

export const alertGenerationName = 'tasker.alerts';

export interface AlertGenerationOptions {
  readonly tasks: readonly MonitoredTask[];
  /** Of the configuration; those of templates are with their tasks. */
  readonly policies: readonly PolicyInput[];
  readonly environment: string;
  /** Context fields by which is told whom an incident hits. */
  readonly scopeFields: readonly string[];
  readonly runbookBaseUrl: string | null;
  readonly consoleBaseUrl: string | null;
  readonly defaultCurrency: string;
  readonly errorClasses: Readonly<Record<string, readonly string[]>>;
}

/** An incident as whoever looks sees it. */
export interface AlertView {
  readonly incident: AlertIncident;
  readonly state: 'pending' | 'firing' | 'acknowledged' | 'resolved';
  readonly silenced: boolean;
  readonly acknowledged: { readonly by: string; readonly why: string; readonly atMs: number } | null;
  /** null while it is open. */
  readonly resolvedAtMs: number | null;
}

export declare function alertGeneration(options: AlertGenerationOptions): SubscriberDefinition;

/** What the stored state of `tasker.alerts` tells; open ones first, then those that ended last, newest first. */
export declare function alertsIn(stored: JsonValue): readonly AlertView[];
