import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { deployments, type Manifest, manifests, root } from './deploy-files.ts';

/** The groups of this API that `kubernetes-models` keeps under their long names. */
const longGroups: Readonly<Record<string, string>> = { networking: 'networking.k8s.io' };

const moduleOf = ({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): string =>
  `kubernetes-models/${longGroups[apiVersion.split('/')[0] ?? ''] ?? apiVersion}/${kind}`;

/** Throws at values that the API's schema does not allow. */
async function validate({ apiVersion, kind, body }: Pick<Manifest, 'apiVersion' | 'kind' | 'body'>): Promise<void> {
  const models = (await import(moduleOf({ apiVersion, kind }))) as Record<
    string,
    new (data: object) => { validate(): void }
  >;
  const Model = models[kind];
  assert.ok(Model !== undefined, `${apiVersion} has no ${kind}`);
  const { apiVersion: _apiVersion, kind: _kind, ...data } = body;
  new Model(data).validate();
}

/** The schemas let unknown keys pass, as the API does; the types do not. What the compiler says, empty when nothing. */
function unknownKeys(t: TestContext, all: readonly Pick<Manifest, 'apiVersion' | 'kind' | 'body'>[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-manifests-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const lines = all.map(
    (manifest, index) =>
      `export const object${index}: import('${moduleOf(manifest)}').I${manifest.kind} = ${JSON.stringify(manifest.body)};`,
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'manifests.ts'), lines.join('\n'));
  const compilerOptions = { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true, types: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['manifests.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout;
}

test('each manifest is valid by the schema of its kind', async (t) => {
  for (const manifest of manifests())
    await t.test(`${manifest.file}: ${manifest.kind} ${manifest.metadata.name}`, () => validate(manifest));
});

test('no manifest has a key that its kind does not know', (t) => {
  assert.equal(unknownKeys(t, manifests()), '');
});

test('a wrong value and a misspelt key would be noticed', async (t) => {
  const [worker] = manifests().filter(
    ({ metadata, kind }) => kind === 'Deployment' && metadata.name.includes('worker'),
  );
  assert.ok(worker !== undefined);
  const changed = (change: object) => ({ ...worker, body: { ...worker.body, spec: { ...spec, ...change } } });
  const spec = worker.body['spec'] as object;
  await assert.rejects(validate(changed({ replicas: 'three' })), /replicas/);
  assert.match(unknownKeys(t, [changed({ minReadySecond: 3 })]), /minReadySecond/);
});

test('everything is in the namespace, and what refers to another object finds it', () => {
  const all = manifests();
  const has = (kind: string, name: string): boolean =>
    all.some((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  for (const { kind, metadata, body } of all) {
    if (kind === 'Namespace') assert.equal(metadata.name, 'tasker');
    else assert.equal(metadata.namespace, 'tasker', `${kind} ${metadata.name}`);
    const spec = (body['spec'] ?? {}) as Record<string, Record<string, unknown> | undefined>;
    const selected = { Service: spec['selector'], PodDisruptionBudget: spec['selector']?.['matchLabels'] }[kind];
    if (selected !== undefined) {
      const pods = [...deployments().values()].map(({ template }) => template.metadata.labels);
      assert.ok(
        pods.some((labels) => JSON.stringify(labels) === JSON.stringify(selected)),
        `${kind} ${metadata.name} selects pods`,
      );
    }
    const target = spec['scaleTargetRef'];
    if (target !== undefined) assert.ok(has(String(target['kind']), String(target['name'])), metadata.name);
  }
  for (const [name, { selector, template }] of deployments()) {
    assert.deepEqual(template.metadata.labels, selector.matchLabels, name);
    for (const { envFrom } of template.spec.containers)
      assert.deepEqual(envFrom, [{ configMapRef: { name: 'tasker' } }, { secretRef: { name: 'tasker' } }]);
  }
  assert.ok(has('ConfigMap', 'tasker') && has('Secret', 'tasker'));
});

test('an apply leaves the number of workers to the autoscaler, and there are two servers', () => {
  assert.equal(deployments().get('tasker-worker')?.replicas, undefined);
  assert.equal(deployments().get('tasker-server')?.replicas, 2);
});
