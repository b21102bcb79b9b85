import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { validate } from 'dockerfile-utils';

import { readDeployed, root } from './deploy-files.ts';

const dockerfile = readDeployed('Dockerfile');
const said = (text: string): readonly string[] =>
  validate(text).map(({ range, message }) => `line ${range.start.line + 1}: ${JSON.stringify(message)}`);

/** What `COPY` takes from the context, not from an earlier stage. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
  sources.split(' '),
);

/** What stands after the last `FROM`. */
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

test('the linter has nothing to say of the Dockerfile', () => {
  assert.deepEqual(said(dockerfile), []);
  assert.notDeepEqual(said(dockerfile.replace('HEALTHCHECK --interval=10s', 'HEALTHCHECK --interval=soon')), []);
});

test('what it copies is in the repository, and not shut out of the context', () => {
  const admitted = readDeployed('Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  for (const path of copied) {
    assert.ok(existsSync(join(root, path)), path);
    assert.ok(admitted.includes(path), `${path} is admitted`);
  }
  assert.deepEqual(
    admitted.filter((path) => !copied.includes(path)),
    [],
  );
});

test('the image runs as nobody of importance, on Node 24, and is stopped by SIGTERM', () => {
  assert.match(dockerfile, /^ARG NODE_IMAGE=node:24-\w+-slim$/m);
  assert.match(lastStage, /^USER node$/m);
  assert.match(lastStage, /^STOPSIGNAL SIGTERM$/m);
  // As a list: a shell in between would keep the signal for itself.
  assert.match(lastStage, /^ENTRYPOINT \["node", "bin\/tasker\.js"\]$/m);
});

test('in the image nothing asks for the source, and every package that is asked for is there', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-image-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of ['examples/monitored-checkout', 'deploy/app'])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  // The very command of the image.
  const [, script = ''] = /^RUN (sed (?:.*\\\n)*.*)$/m.exec(dockerfile) ?? [];
  execFileSync('sh', ['-c', script], { cwd: folder });

  const specifiers = globSync('**/*.ts', { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^(?:import|export|\}).* from '([^']+)';$/gm)].map(
      ([, specifier = '']) => specifier,
    ),
  );
  assert.ok(specifiers.includes('tasker') && specifiers.includes('tasker/otlp'));
  assert.deepEqual(
    specifiers.filter((specifier) => /\bsrc\//.test(specifier)),
    [],
  );

  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const [, named = ''] = /\[('api'[^\]]+)\]\.map/.exec(dockerfile) ?? [];
  const telemetry = [...named.matchAll(/'([\w-]+)'/g)].map(([, name = '']) => `@opentelemetry/${name}`);
  assert.ok(telemetry.includes('@opentelemetry/otlp-transformer'), 'which tasker/otlp needs');
  for (const name of telemetry) assert.ok(name in devDependencies, name);
  const packages = specifiers.filter((specifier) => !/^(?:\.|node:|tasker(?:\/|$))/.test(specifier));
  assert.ok(packages.length >= 6);
  for (const name of packages) assert.ok(name in dependencies || telemetry.includes(name), name);
});
