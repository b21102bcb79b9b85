import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { createProgram } from '../../src/cli/program.ts';
import { resolveConfig } from '../../src/config/resolve-config.ts';
import { createTasker, type TaskerConfigInput } from '../../src/index.ts';
import { fakeIo } from '../cli/support/fake-io.ts';
import { compose, deployDir, deployments, manifests, readDeployed, readYaml, root } from './deploy-files.ts';

const operationsPort = 9464;
const dockerfile = readDeployed('Dockerfile');
const { services } = compose();

/** Without the database in its environment the configuration is none. */
async function deployedConfig(variant = ''): Promise<TaskerConfigInput> {
  process.env['DATABASE_URL'] = 'postgres://tasker:secret@127.0.0.1:5432/tasker';
  const path = join(deployDir, 'app/tasker.config.ts');
  return ((await import(`${path}${variant}`)) as { default: TaskerConfigInput }).default;
}

function commandLines(): readonly (readonly [where: string, args: readonly string[]])[] {
  const byDefault = JSON.parse(/^CMD (\[.+\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  return [
    ['Dockerfile', byDefault],
    ...['server', 'worker'].map((name) => [`compose ${name}`, services[name]?.command ?? []] as const),
    ...[...deployments()].map(([name, { template }]) => [name, template.spec.containers[0]?.args ?? []] as const),
  ];
}

test('what is run is a command of the command line, with options that it has', () => {
  const program = createProgram({ io: fakeIo({ cwd: root }), createTasker, finish: () => undefined });
  const known = (where: string, [name, ...rest]: readonly string[]): void => {
    const command = program.commands.find((one) => one.name() === name);
    assert.ok(command !== undefined, `${where}: there is no 'tasker ${name}'`);
    for (const flag of rest.filter((arg) => arg.startsWith('-')))
      assert.ok(
        [...command.options, ...program.options].some(({ short, long }) => flag === short || flag === long),
        `${where}: 'tasker ${name}' has no ${flag}`,
      );
  };
  for (const [where, args] of commandLines()) known(where, args);
});

test('a listening URL beside that of the database says that there is a pooler, which takes no settings of a session', async () => {
  process.env['DATABASE_LISTEN_URL'] = 'postgres://tasker:secret@127.0.0.1:5432/tasker';
  try {
    const { storage } = resolveConfig(await deployedConfig('?pooled'), { baseDir: deployDir, env: {} });
    assert.equal(storage.kind === 'postgres' && storage.pooler, true);
    assert.equal(storage.kind === 'postgres' && storage.listenUrl, process.env['DATABASE_LISTEN_URL']);
  } finally {
    delete process.env['DATABASE_LISTEN_URL'];
  }
});

test('every process is started with the configuration that the image has', () => {
  assert.equal(commandLines().length, 5);
  for (const [where, args] of commandLines()) {
    const file = args[args.indexOf('--config') + 1] ?? '';
    assert.equal(file, 'deploy/app/tasker.config.ts', where);
    assert.ok(existsSync(join(root, file)), where);
  }
  for (const name of ['services', 'traffic']) {
    const [program, file = ''] = services[name]?.entrypoint ?? [];
    assert.equal(program, 'node', name);
    assert.ok(existsSync(join(root, file)), `${name} runs ${file}`);
  }
});

test('the configuration is one that Tasker takes', async () => {
  const resolved = resolveConfig(await deployedConfig(), { baseDir: join(deployDir, 'app'), env: {} });
  assert.equal(resolved.storage.kind, 'postgres');
  for (const file of resolved.templates) assert.ok(existsSync(file), file);
});

test('the operations listener is where images, probes and scrapes look for it', async () => {
  const { operations } = await deployedConfig();
  assert.deepEqual(operations, { host: '0.0.0.0', port: operationsPort });
  assert.match(dockerfile, new RegExp(`^EXPOSE ${operationsPort}$`, 'm'));
  assert.match(dockerfile, new RegExp(`fetch\\('http://127\\.0\\.0\\.1:${operationsPort}/health/ready'\\)`));
  assert.ok(services['server']?.ports?.includes(`127.0.0.1:${operationsPort}:${operationsPort}`));
  const { scrape_configs: jobs } = readYaml('prometheus/prometheus.yml') as {
    scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[];
  };
  for (const { job_name: job, dns_sd_configs: found } of jobs)
    for (const { names, port } of found) {
      assert.equal(port, operationsPort);
      for (const name of names) assert.ok(services[name] !== undefined, `${job} looks for ${name}`);
    }
  for (const [name, { template }] of deployments()) {
    assert.equal(template.metadata.annotations['prometheus.io/port'], String(operationsPort), name);
    for (const container of template.spec.containers) {
      assert.deepEqual(container.ports, [{ name: 'operations', containerPort: operationsPort }], name);
      const paths = [container.readinessProbe, container.livenessProbe, container.startupProbe].map(
        ({ httpGet }) => `${httpGet.port}${httpGet.path}`,
      );
      assert.deepEqual(paths, ['operations/health/ready', 'operations/health/live', 'operations/health/live'], name);
    }
  }
  const policy = manifests().find(({ kind }) => kind === 'NetworkPolicy');
  assert.match(JSON.stringify(policy?.body), new RegExp(`"port":${operationsPort}`));
});

test('whoever stops a process waits longer than it needs', async () => {
  const { limits } = await deployedConfig();
  const leastSeconds = (limits?.stopGraceMs ?? Number.NaN) / 1000 + 10;
  for (const name of ['server', 'worker']) {
    const seconds = Number(/^(\d+)s$/.exec(services[name]?.stop_grace_period ?? '')?.[1]);
    assert.ok(seconds >= leastSeconds, `compose ${name}: ${seconds} s`);
  }
  for (const [name, { template }] of deployments()) {
    const { terminationGracePeriodSeconds: seconds, containers } = template.spec;
    assert.ok(seconds >= leastSeconds, `${name}: ${seconds} s`);
    for (const { lifecycle } of containers) assert.equal(lifecycle, undefined, `${name}: no preStop`);
  }
});

describe('settings', () => {
  const app = readdirSync(join(deployDir, 'app')).map((file) => readDeployed(`app/${file}`));
  const read = new Set(
    app.flatMap((text) => [...text.matchAll(/(?:required|optional|list)\('([A-Z_]+)'/g)].map(([, name = '']) => name)),
  );
  // Read by Tasker itself and by OpenTelemetry.
  const elsewhere = new Set(['TASKER_ENV', 'OTEL_EXPORTER_OTLP_ENDPOINT']);

  test('each one that is given is read', () => {
    const given = [
      ...['server', 'worker', 'services', 'traffic'].flatMap((name) => Object.keys(services[name]?.environment ?? {})),
      ...manifests().flatMap(({ body }) =>
        Object.keys({ ...(body['data'] as object), ...(body['stringData'] as object) }),
      ),
    ];
    assert.ok(given.includes('DATABASE_URL') && given.length > 20);
    assert.deepEqual(
      given.filter((name) => !read.has(name) && !elsewhere.has(name)),
      [],
    );
  });

  test('the example\u2019s services are where the workers of the compose file look for them', () => {
    const [options = '{}'] = services['services']?.command ?? [];
    const { ports } = JSON.parse(options) as { ports: Record<string, number> };
    for (const [name, port] of Object.entries(ports))
      assert.equal(services['worker']?.environment?.[`${name.toUpperCase()}_URL`], `http://services:${port}`);
    // They end when standard input does.
    assert.equal(services['services']?.stdin_open, true);
  });

  test('every address of the compose file is one of its services', () => {
    const files = ['prometheus/prometheus.yml', 'grafana/provisioning/datasources/datasources.yaml'].map(readDeployed);
    const hosts = [JSON.stringify(services), ...files].flatMap((text) =>
      [...text.matchAll(/(?:https?:\/\/|@|')([a-z]+):\d{4,5}\b/g)].map(([, host = '']) => host),
    );
    assert.ok(hosts.length > 8);
    assert.deepEqual(
      hosts.filter((host) => services[host] === undefined),
      [],
    );
  });
});
