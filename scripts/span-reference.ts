// The span reference as Markdown, from the span catalog alone: the generator writes it, a test compares it.
import {
  commonAttributes,
  spanAttributes,
  spanCatalog,
  type SpanEntry,
} from '../src/subscribers/distributed-tracing/span-catalog.ts';

export function renderSpanReference(): string {
  const parts = [
    '# Spans',
    '<!-- Made by `npm run docs` from src/. Do not edit. -->',
    'What [tracing](../tracing.md) makes of recorded events. All spans are of kind INTERNAL. An error is told by its class, code and status; its message only where the handler threw a `PublicError`.',
    `All spans have ${list(commonAttributes)}.`,
    ...spanCatalog.map(section),
    '## Attributes',
    [
      '| attribute | what |',
      '| --- | --- |',
      ...Object.entries(spanAttributes).map(([name, what]) => `| \`${name}\` | ${what} |`),
    ].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section({ name, meaning, events, from, parent, error, attributes }: SpanEntry): string {
  return [
    `## \`${name}\``,
    '',
    meaning,
    '',
    `- made of: ${list(events)}`,
    `- from: ${from}`,
    `- parent: ${parent}`,
    `- Error: ${error}`,
    `- attributes: ${list(attributes)}`,
  ].join('\n');
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
