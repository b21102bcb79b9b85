// Tasker's telemetry keys as Markdown, from the table that refuses them: the generator writes it, a test compares it.
import { taskerTelemetryKeys } from '../src/config/tasker-telemetry-keys.ts';

export function renderTelemetryKeys(): string {
  const rows = Object.entries(taskerTelemetryKeys).map(([key, instead]) => `| \`${key}\` | ${instead} |`);
  return `# Tasker's telemetry keys

<!-- Made by \`npm run docs\` from src/. Do not edit. -->

What each key of Tasker's \`telemetry\` (and of its \`config\` part) is here. Each is refused by its name with these words: a setting that does nothing would be believed in.

| Tasker's key | here |
| --- | --- |
${rows.join('\n')}
`;
}
