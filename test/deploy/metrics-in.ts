const words = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/** The metrics that a query in PromQL names, each once, in their order. */
export function metricsIn(query: string): readonly string[] {
  const bare = query
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replace(/\boffset\s+\w+/g, ' ');
  // An aggregation's name stands before the labels that were just taken away, so before a parenthesis too.
  const names = [...bare.matchAll(/(?<![\w:.])([A-Za-z_:][\w:]*)(?!\s*\()(?![\w:])/g)].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => !words.has(name.toLowerCase()));
}
