import { systemClock } from '../shared/clock.ts';
import { makeAlertLogSink } from './alert-log/alert-log-sink.ts';
import { makeAlertmanagerSink } from './alertmanager/alertmanager-sink.ts';
import type { Sink } from './define-sink.ts';
import { makeLogSink } from './log/log-sink.ts';
import { makeNdjsonSink } from './ndjson/ndjson-sink.ts';
import { fileOutput, type Output } from './ndjson/output.ts';
import { makePagerDutySink } from './pagerduty/pagerduty-sink.ts';
import type { SinkRecipe } from './sink-recipe.ts';
import { makeSlackSink } from './slack/slack-sink.ts';
import { makeWebhookSink } from './webhook/webhook-sink.ts';

/** Makes a sink of its recipe. `standardOutput`: the process's, which in a thread is written through the main one. */
export async function makeSink(recipe: SinkRecipe, standardOutput: () => Output): Promise<Sink> {
  const outputOf = (to: 'stdout' | { readonly file: string }): Output =>
    to === 'stdout' ? standardOutput() : fileOutput(to.file);
  switch (recipe.kind) {
    case 'log':
      return makeLogSink(recipe.options, outputOf(recipe.options.destination ?? 'stdout'));
    case 'ndjson':
      return makeNdjsonSink(recipe.name, outputOf(recipe.to));
    case 'alert-log':
      return makeAlertLogSink(recipe.name, outputOf(recipe.to));
    case 'pagerduty':
      return makePagerDutySink(recipe.parts, systemClock);
    case 'alertmanager':
      return makeAlertmanagerSink(recipe.parts, systemClock);
    case 'slack':
      return makeSlackSink(recipe.parts, systemClock);
    case 'webhook':
      return makeWebhookSink(recipe.parts, systemClock);
    case 'otlp': {
      // Its packages are there only where somebody has asked for it.
      const { makeOtlpSink } = await import('./otlp/otlp-sink.ts');
      return makeOtlpSink(recipe.parts);
    }
  }
}
