import type { Sink } from './define-sink.ts';
import { makeLogSink } from './log/log-sink.ts';
import { makeNdjsonSink } from './ndjson/ndjson-sink.ts';
import { fileOutput, type Output } from './ndjson/output.ts';
import type { SinkRecipe } from './sink-recipe.ts';

/** Makes a sink of its recipe. `standardOutput`: the process's, which in a thread is written through the main one. */
export async function makeSink(recipe: SinkRecipe, standardOutput: () => Output): Promise<Sink> {
  const outputOf = (to: 'stdout' | { readonly file: string }): Output =>
    to === 'stdout' ? standardOutput() : fileOutput(to.file);
  switch (recipe.kind) {
    case 'log':
      return makeLogSink(recipe.options, outputOf(recipe.options.destination ?? 'stdout'));
    case 'ndjson':
      return makeNdjsonSink(recipe.name, outputOf(recipe.to));
    case 'otlp': {
      // Its packages are there only where somebody has asked for it.
      const { makeOtlpSink } = await import('./otlp/otlp-sink.ts');
      return makeOtlpSink(recipe.parts);
    }
  }
}
