import assert from 'node:assert/strict';
import { test } from 'node:test';

import { resolveConfig } from './resolve-config.ts';
import { taskerTelemetryKeys } from './tasker-telemetry-keys.ts';

const refused = (telemetry: object, expected: RegExp): void =>
  assert.throws(() => resolveConfig({ telemetry }, { baseDir: '/', env: {} }), {
    code: 'TASKER_CONFIG_INVALID',
    message: expected,
  });

test("each of Tasker's telemetry keys is refused by name, with what there is instead", () => {
  for (const [key, instead] of Object.entries(taskerTelemetryKeys)) {
    const escaped = instead.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    refused({ [key]: true }, new RegExp(`telemetry: unknown key '${key}', which Tasker had: ${escaped}`));
  }
});

test('also in camel case, and inside of a part', () => {
  refused({ metricsAuthRequired: true }, /'metricsAuthRequired', which Tasker had: use operations\.bearerToken/);
  refused(
    { metrics: { prometheus: {} } },
    /telemetry\.metrics: unknown key 'prometheus', which Tasker had: there is no/,
  );
});

test('a key that nobody had is answered with the nearest right one', () => {
  refused({ metric: {} }, /unknown key 'metric' \(did you mean 'metrics'\?\)/);
  refused({ metrics: { windowSecond: 3 } }, /unknown key 'windowSecond' \(did you mean 'windowSeconds'\?\)/);
  refused({ logging: { levle: 'info' } }, /unknown key 'levle' \(did you mean 'level'\?\)/);
});

test('what is named instead is a key that there is', () => {
  const named = Object.values(taskerTelemetryKeys).flatMap((instead) => [
    ...instead.matchAll(/(telemetry|operations)\.(\w+)(?:\.(\w+))?/g),
  ]);
  assert.ok(named.length > 12);
  for (const [path, part = '', key = '', inner] of named) {
    const given = inner === undefined ? { [part]: { [key]: Symbol() } } : { [part]: { [key]: { [inner]: Symbol() } } };
    assert.throws(
      () => resolveConfig(given, { baseDir: '/', env: {} }),
      (error: Error) => error.message.includes(path) && !error.message.includes('unknown key'),
      path,
    );
  }
});
