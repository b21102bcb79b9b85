import type { Sink } from './define-sink.ts';
import type { LogSinkOptions } from './log/log-sink.ts';
import type { OtlpSinkParts } from './otlp/otlp-sink.ts';

/** How a sink of this package is made again in another thread: what it is made of, as data. */
export type SinkRecipe =
  | { readonly kind: 'log'; readonly options: LogSinkOptions }
  | { readonly kind: 'ndjson'; readonly name: string; readonly to: 'stdout' | { readonly file: string } }
  | { readonly kind: 'otlp'; readonly parts: OtlpSinkParts };

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
