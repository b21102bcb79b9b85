import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { alertingParts } from '../../src/alerting-parts.ts';
import { resolveConfig } from '../../src/config/resolve-config.ts';
import { loadTemplate } from '../../src/tasks/load-template.ts';
import { noPrometheus } from '../prometheus/start-prometheus.ts';

const root = join(import.meta.dirname, '../..');
const guides = globSync(['docs/*.md', 'docs/runbooks/*.md'], { cwd: root }).map((file) => ({
  file,
  text: readFileSync(join(root, file), 'utf8'),
}));
const reference = readFileSync(join(root, 'docs/reference/metrics.md'), 'utf8');
const known = new Set([...reference.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name));

test('every metric that a guide names is one of the reference', () => {
  const named = guides.flatMap(({ file, text }) =>
    [
      ...text.matchAll(
        /\btasker_(?:alerts|business|engine|events|queue|sink|sla|step|subscriber|task|tasks|workers)_\w+/g,
      ),
    ].map(([name]) => ({ file, name })),
  );
  assert.ok(named.length > 10);
  const ofFamily = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, '');
  assert.deepEqual(
    named.filter(({ name }) => !known.has(name) && !known.has(ofFamily(name))),
    [],
  );
});

test('every relative link of a guide leads to a file', () => {
  for (const { file, text } of guides) {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
      assert.ok(globSync(join(dirname(file), target), { cwd: root }).length === 1, `${file} → ${target}`);
  }
});

test("promtool accepts the guides' Prometheus configuration and every query in them", { skip: noPrometheus }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-guides-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const guide = readFileSync(join(root, 'docs/prometheus-grafana-jaeger.md'), 'utf8');
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, guide.match(/```yaml\n([\s\S]*?)```/)?.[1] ?? '');
  execFileSync('promtool', ['check', 'config', config]);
  const queries = [...guide.matchAll(/^\| [^|`]+ \| `(.+)` \|$/gm)].map(([, query = '']) => query);
  assert.ok(queries.length >= 7);
  const rules = join(folder, 'rules.json');
  const group = { name: 'guide', rules: queries.map((expr, index) => ({ record: `guide:${index}`, expr })) };
  writeFileSync(rules, JSON.stringify({ groups: [group] }));
  execFileSync('promtool', ['check', 'rules', rules]);
});

const alerting = readFileSync(join(root, 'docs/alerting.md'), 'utf8');
const samples = [...alerting.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);

test('the templates that the guide to alerting shows are taken', () => {
  const templates = samples.filter((block) => block.startsWith('handler_config:'));
  assert.ok(templates.length >= 2);
  for (const block of templates) {
    const text = `name: checkout\n${block}step_templates: [{ name: update_inventory }]\n`;
    assert.deepEqual(loadTemplate({ text, file: 'docs/alerting.md' }).problems, []);
  }
});

test('promtool accepts the rules that the guide to alerting shows', { skip: noPrometheus }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-guides-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const rules = join(folder, 'rules.yml');
  writeFileSync(rules, samples.find((block) => block.startsWith('groups:')) ?? '');
  execFileSync('promtool', ['check', 'rules', rules]);
});

test('the policies, routes and sinks that the guide to alerting shows are taken', async (t) => {
  const secrets = {
    PAGERDUTY_ROUTING_KEY: 'R'.padEnd(32, '0'),
    SLACK_WEBHOOK: 'https://hooks.slack.com/services/a/b/c',
  };
  t.after(() => Object.keys(secrets).forEach((name) => delete process.env[name]));
  Object.assign(process.env, secrets);
  const { default: config } = await import('./alerting-config.ts');
  const { sinks = [] } = config;
  const parts = alertingParts(resolveConfig(config, { baseDir: root, env: {} }), [], sinks);
  assert.equal(parts?.delivery.routes.length, 3);
  assert.equal(parts.generation.policies.length, 3);
});
