import type { AlertmanagerParts } from './alertmanager/alertmanager-options.ts';
import type { Sink } from './define-sink.ts';
import type { LogSinkOptions } from './log/log-sink.ts';
import type { OtlpSinkParts } from './otlp/otlp-sink.ts';
import type { PagerDutyParts } from './pagerduty/pagerduty-options.ts';
import type { SlackParts } from './slack/slack-options.ts';
import type { WebhookParts } from './webhook/webhook-options.ts';

/**
 * How a sink of this package is made again in another thread: what it is made of, as data. Keys are among it: it is
 * handed from thread to thread, in memory, and goes nowhere else.
 */
export type SinkRecipe =
  | { readonly kind: 'log'; readonly options: LogSinkOptions }
  | { readonly kind: 'ndjson'; readonly name: string; readonly to: 'stdout' | { readonly file: string } }
  | { readonly kind: 'otlp'; readonly parts: OtlpSinkParts }
  | { readonly kind: 'alert-log'; readonly name: string; readonly to: 'stdout' | { readonly file: string } }
  | { readonly kind: 'pagerduty'; readonly parts: PagerDutyParts }
  | { readonly kind: 'alertmanager'; readonly parts: AlertmanagerParts }
  | { readonly kind: 'slack'; readonly parts: SlackParts }
  | { readonly kind: 'webhook'; readonly parts: WebhookParts };

// Kept beside the sinks, not in them: an object that somebody has made of one is another, and has none.
const recipes = new WeakMap<Sink, SinkRecipe>();

export function withRecipe<Made extends Sink>(sink: Made, recipe: SinkRecipe): Made {
  recipes.set(sink, recipe);
  return sink;
}

/** Null for a sink that can run only where it was made. */
export function recipeOf(sink: Sink): SinkRecipe | null {
  return recipes.get(sink) ?? null;
}
