import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { renderAlertPolicyReference } from '../../scripts/alert-policy-reference.ts';
import { renderEventReference } from '../../scripts/event-reference.ts';
import { renderLabScenarioReference } from '../../scripts/lab-scenario-reference.ts';
import { renderMetricReference } from '../../scripts/metric-reference.ts';
import { renderSpanReference } from '../../scripts/span-reference.ts';
import { renderTelemetryKeys } from '../../scripts/telemetry-key-reference.ts';

const written = (name: string): string =>
  readFileSync(new URL(`../../docs/reference/${name}.md`, import.meta.url), 'utf8');

test('the event reference is what the catalog says today', () => {
  assert.equal(written('events'), renderEventReference(), "run 'npm run docs'");
});

test('the metric reference is what the definitions say today', () => {
  assert.equal(written('metrics'), renderMetricReference(), "run 'npm run docs'");
});

test('the span reference is what the span catalog says today', () => {
  assert.equal(written('spans'), renderSpanReference(), "run 'npm run docs'");
});

test('the table of telemetry keys is what the configuration says today', () => {
  assert.equal(written('telemetry-keys'), renderTelemetryKeys(), "run 'npm run docs'");
});

test('the reference of scenario files is what their schema says today', () => {
  assert.equal(written('lab-scenario'), renderLabScenarioReference(), "run 'npm run docs'");
});

test('the reference of alert policies is what their kinds say today', () => {
  assert.equal(written('alert-policies'), renderAlertPolicyReference(), "run 'npm run docs'");
});
