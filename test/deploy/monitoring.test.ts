import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { collectDefaultMetrics, Registry } from 'prom-client';

import { noPrometheus } from '../prometheus/start-prometheus.ts';
import { deployDir, readDeployed, readYaml, root } from './deploy-files.ts';
import { metricsIn } from './metrics-in.ts';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: object;
  readonly annotations?: object;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly datasource: { uid: string } }[];
}

const { groups } = readYaml('prometheus/rules.yml') as { groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readDeployed('grafana/dashboards/tasker.json')) as { panels: readonly Panel[] };
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

/** What `/metrics` of some process can show: the reference's, and what prom-client adds of the process. */
function shown(): ReadonlySet<string> {
  const reference = readFileSync(join(root, 'docs/reference/metrics.md'), 'utf8');
  const rows = [...reference.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name],
  );
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const ofProcess = registry.getMetricsAsArray().map(({ name }) => name);
  // Prometheus's own, of each target.
  return new Set([...rows, ...ofProcess, 'up']);
}

test('rules and dashboard name only metrics that there are', () => {
  const known = new Set([...shown(), ...rules.flatMap(({ record }) => record ?? [])]);
  assert.ok(known.size > 60 && queries.length >= 20);
  const unknown = [...rules.map(({ alert, record, expr }) => ({ title: alert ?? record, expr })), ...queries].flatMap(
    ({ title, expr }) =>
      metricsIn(expr)
        .filter((name) => !known.has(name))
        .map((name) => `${title}: ${name}`),
  );
  assert.deepEqual(unknown, []);
  for (const { title, expr } of queries) assert.ok(metricsIn(expr).length > 0, `${title} asks for something`);
});

test('a metric is told from functions, labels and words in a query', () => {
  assert.deepEqual(metricsIn('histogram_quantile(0.95, sum by (step, le) (rate(some_seconds_bucket{a="b_c"}[5m])))'), [
    'some_seconds_bucket',
  ]);
  assert.deepEqual(metricsIn('(sum(a:b_total) or vector(0)) == 0 and on (x) c offset 5m'), ['a:b_total', 'c']);
});

test('the dashboard has its panels side by side, and knows the data sources that are provisioned', () => {
  const { datasources } = readYaml('grafana/provisioning/datasources/datasources.yaml') as {
    datasources: readonly { uid: string; url: string; jsonData?: object }[];
  };
  const uids = datasources.map(({ uid }) => uid);
  for (const { title, datasource, targets = [] } of panels) {
    assert.ok(uids.includes(datasource?.uid ?? ''), title);
    for (const target of targets) assert.ok(uids.includes(target.datasource.uid), title);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
  }
  assert.match(JSON.stringify(datasources), /"datasourceUid":"jaeger"/);
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_unused, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  assert.equal(new Set(cells).size, cells.length, 'no panel lies on another');
  assert.ok(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24));
});

test('promtool takes the configuration of Prometheus with its rules', { skip: noPrometheus }, () => {
  execFileSync('promtool', ['check', 'config', join(deployDir, 'prometheus/prometheus.yml')], { stdio: 'pipe' });
});

test('promtool takes each query of the dashboard', { skip: noPrometheus }, (t) => {
  const file = join(folderOf(t), 'dashboard.json');
  const asRules = queries.map(({ expr }, index) => ({ record: `dashboard:${index}`, expr }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: asRules }] }));
  execFileSync('promtool', ['check', 'rules', file], { stdio: 'pipe' });
});

test('after a fail-over nothing is counted twice and nothing is missed', { skip: noPrometheus }, (t) => {
  // The first server shows 0 to 60 and goes; the second, two scrapes later, begins at 132: 72 came in between.
  const series = (instance: string): string =>
    `tasker_tasks_total{namespace="n",task="t",version="1",status="completed",job="tasker-server",instance="${instance}"}`;
  const joined = 'sum(increase(fleet:tasker_tasks_total[2m]))';
  promtoolTests(t, {
    input_series: [
      { series: series('a:9464'), values: '0+6x10 stale' },
      { series: series('b:9464'), values: '_x12 132+6x10' },
    ],
    promql_expr_test: [
      { expr: `round(${joined})`, eval_time: '100s', exp_samples: [sample(180)] },
      { expr: 'sum(fleet:tasker_tasks_total)', eval_time: '50s', exp_samples: [sample(60)] },
      { expr: 'sum(fleet:tasker_tasks_total)', eval_time: '55s', exp_samples: [] },
      { expr: 'sum(fleet:tasker_tasks_total)', eval_time: '60s', exp_samples: [sample(132)] },
    ],
  });
});

test('it is told where nobody watches and where no worker answers', { skip: noPrometheus }, (t) => {
  const at = (alertname: string, eval_time: string, alerts: readonly object[]) => ({
    alertname,
    eval_time,
    exp_alerts: alerts,
  });
  promtoolTests(t, {
    input_series: [
      { series: 'tasker_subscriber_lag_events{subscriber="tasker.alerts",instance="a:9464"}', values: '0x60 stale' },
      { series: 'up{job="tasker-worker",instance="w:9464"}', values: '1x60 0x120' },
    ],
    alert_rule_test: [
      at('TaskerIsNotThere', '5m', []),
      at('TaskerIsNotThere', '7m15s', [expected('TaskerIsNotThere')]),
      at('TaskerHasNoWorker', '5m', []),
      at('TaskerHasNoWorker', '6m15s', [expected('TaskerHasNoWorker')]),
    ],
  });
});

test('amtool takes the configuration of Alertmanager', { skip: noAmtool() }, () => {
  execFileSync('amtool', ['check-config', join(deployDir, 'alertmanager/alertmanager.yml')], { stdio: 'pipe' });
  const route = (...labels: readonly string[]): string =>
    execFileSync('amtool', [
      'config',
      'routes',
      'test',
      `--config.file=${join(deployDir, 'alertmanager/alertmanager.yml')}`,
      ...labels,
    ])
      .toString()
      .trim();
  assert.equal(route('alertname=TaskerStepStalled', 'severity=critical'), 'on-call');
  assert.equal(route('alertname=TaskerStepSlow', 'severity=warning'), 'chat');
});

function sample(value: number) {
  return { labels: '{}', value };
}

/** As the rules file says it. */
function expected(alertname: string) {
  const rule = rules.find(({ alert }) => alert === alertname);
  const extra = alertname === 'TaskerIsNotThere' ? { subscriber: 'tasker.alerts' } : {};
  return { exp_labels: { ...rule?.labels, ...extra }, exp_annotations: rule?.annotations };
}

function promtoolTests(t: TestContext, one: object): void {
  const file = join(folderOf(t), 'tests.json');
  writeFileSync(
    file,
    JSON.stringify({
      rule_files: [join(deployDir, 'prometheus/rules.yml')],
      evaluation_interval: '5s',
      tests: [{ interval: '5s', ...one }],
    }),
  );
  try {
    execFileSync('promtool', ['test', 'rules', file], { stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    assert.fail(`${stdout.toString()}${stderr.toString()}`);
  }
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-deploy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function noAmtool(): string | false {
  try {
    execFileSync('amtool', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'needs amtool on the PATH, which npm cannot bring (Debian: apt-get install prometheus-alertmanager)';
  }
}
