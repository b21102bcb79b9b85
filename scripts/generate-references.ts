import { mkdirSync, writeFileSync } from 'node:fs';

import { renderAlertPolicyReference } from './alert-policy-reference.ts';
import { renderEventReference } from './event-reference.ts';
import { renderLabScenarioReference } from './lab-scenario-reference.ts';
import { renderMetricReference } from './metric-reference.ts';
import { renderSpanReference } from './span-reference.ts';
import { renderTelemetryKeys } from './telemetry-key-reference.ts';

const folder = new URL('../docs/reference/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('events.md', folder), renderEventReference());
writeFileSync(new URL('metrics.md', folder), renderMetricReference());
writeFileSync(new URL('spans.md', folder), renderSpanReference());
writeFileSync(new URL('telemetry-keys.md', folder), renderTelemetryKeys());
writeFileSync(new URL('lab-scenario.md', folder), renderLabScenarioReference());
writeFileSync(new URL('alert-policies.md', folder), renderAlertPolicyReference());
