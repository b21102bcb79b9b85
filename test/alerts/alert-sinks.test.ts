import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { resolveConfig } from '../../src/config/resolve-config.ts';
import {
  alertLogSink,
  alertmanagerSink,
  type AlertSink,
  createTasker,
  defineTask,
  pagerDutySink,
  slackSink,
  webhookSink,
} from '../../src/index.ts';
import { makeSink } from '../../src/sinks/make-sink.ts';
import { recipeOf } from '../../src/sinks/sink-recipe.ts';
import { hang, notice } from './incidents.ts';
import { routingKey, startPagerDuty } from './pagerduty.ts';
import { startStandIn } from './stand-in.ts';

const { signal } = new AbortController();
const secret = `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`;
const slackUrl = 'https://hooks.slack.example/services/T0/B0/secret-4711';

const refused = (make: () => unknown, message: RegExp): void => {
  assert.throws(make, { code: 'TASKER_CONFIG_INVALID', message });
  assert.throws(make, (error) => !inspect(error, { depth: null }).includes('hush'));
};

test('options that are wrong are refused by name, without what may be secret', () => {
  refused(
    () => pagerDutySink({ routingKey: 'hush' }),
    /^The PagerDuty sink's .*routingKey: expected 32 letters and digits/,
  );
  refused(() => pagerDutySink({ routingKey, url: 'http://pagerduty.example' }), /url: expected https: http is taken/);
  refused(() => pagerDutySink({ routingKey, url: 'https://me:hush@pagerduty.example' }), /url: expected no user/);
  refused(() => pagerDutySink({ routingKey, timeoutMs: 0 }), /timeoutMs/);
  refused(() => pagerDutySink({ routingKey, key: 1 } as never), /key/);
  refused(() => pagerDutySink({} as never), /routingKey/);
  refused(() => slackSink({ webhookUrl: 'hush' }), /^The Slack sink's .*webhookUrl: expected an address/);
  refused(() => slackSink({ webhookUrl: 'http://slack.example/hush' }), /webhookUrl: expected https/);
  refused(() => webhookSink({ url: 'file:///etc/passwd', secret }), /url: expected an address/);
  refused(() => webhookSink({ url: 'https://a.example', secret: 'hush' }), /expected 'whsec_' and 24 to 64 bytes/);
  refused(() => webhookSink({ url: 'https://a.example', secret: [] }), /secret/);
  refused(
    () => webhookSink({ url: 'https://a.example', secret, headers: { 'webhook-id': 'x' } }),
    /headers: expected none that are set anyhow/,
  );
  refused(
    () => webhookSink({ url: 'https://a.example', secret, headers: { a: 'hush\r\nb: c' } }),
    /headers\.a: expected/,
  );
  refused(() => alertmanagerSink({ url: 'alertmanager:9093' }), /^The Alertmanager sink's .*url: expected/);
  refused(() => alertmanagerSink({ url: 'http://a:1', labels: { step: 'x' } }), /labels\.step: expected no label/);
  refused(() => alertLogSink({ to: 'stderr' } as never), /^The alert log sink's .*to: expected 'stdout'/);
});

test('plain HTTP is taken on this machine, and elsewhere only where somebody allows it', () => {
  for (const host of ['localhost:1', '127.0.0.1', '[::1]:1', 'a.localhost'])
    assert.equal(webhookSink({ url: `http://${host}/`, secret }).name, 'webhook');
  assert.equal(webhookSink({ url: 'http://alerts.internal', secret, allowInsecure: true, name: 'own' }).name, 'own');
  refused(() => webhookSink({ url: 'http://127.0.0.1.example.com', secret }), /https/);
});

test('a secret is taken from an environment variable or a file, and whoever has set none is told which', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-secrets-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'key');
  await writeFile(file, `${routingKey}\n`);
  const pagerDuty = await startPagerDuty();
  t.after(() => pagerDuty.close());
  const { url } = pagerDuty;
  for (const given of [{ file }, { env: 'PAGERDUTY_KEY' }])
    assert.deepEqual(
      await pagerDutySink({ routingKey: given, url, env: { PAGERDUTY_KEY: routingKey } }).alerts([notice('trigger')], {
        signal,
      }),
      { kind: 'delivered' },
    );
  const env = { EMPTY: '' };
  refused(
    () => pagerDutySink({ routingKey: { env: 'NONE' }, env }),
    /^routingKey: expected a secret in the environment variable NONE, found nothing/,
  );
  refused(
    () => slackSink({ webhookUrl: { env: 'EMPTY' }, env }),
    /^webhookUrl: expected a secret in the environment variable EMPTY, found nothing/,
  );
  refused(
    () => webhookSink({ url: 'https://a.example', secret: [secret, { file: join(folder, 'none') }] }),
    /^secret: cannot be read from .*none: ENOENT/,
  );
  refused(
    () => alertmanagerSink({ url: 'http://a:1', headers: { authorization: { env: 'NONE' } }, env }),
    /^headers\.authorization: /,
  );
});

test('each is made again in another thread, and says the same there', async (t) => {
  const receiver = await startStandIn(() => ({ status: 202 }));
  t.after(() => receiver.close());
  const { url } = receiver;
  const sinks: readonly AlertSink[] = [
    pagerDutySink({ routingKey, url }),
    alertmanagerSink({ url, repeatMs: 5000 }),
    slackSink({ webhookUrl: url }),
    webhookSink({ url, secret }),
  ];
  for (const sink of sinks) {
    const recipe = recipeOf(sink);
    assert.ok(recipe !== null, sink.name);
    const again = await makeSink(structuredClone(recipe), () => assert.fail('it writes nowhere'));
    assert.deepEqual([again.name, again.repeatAlertsMs], [sink.name, sink.repeatAlertsMs]);
    await sink.alerts([notice('resolve')], { signal });
    assert.deepEqual(await again.alerts?.([notice('resolve')], { signal }), { kind: 'delivered' });
    const [first, second] = receiver.requests.slice(-2).map(({ path, body }) => [path, body.toString().length]);
    assert.deepEqual(second, first);
  }
  const written: string[] = [];
  const output = { name: 'out', write: async (text: string) => void written.push(text), close: () => undefined };
  const log = recipeOf(alertLogSink());
  assert.ok(log !== null);
  await (await makeSink(log, () => output)).alerts?.([notice('trigger')], { signal });
  assert.match(written.join(''), /"event_name":"alert\.triggered"/);
});

test('the log has a line for each notice, with the severity that it has now', async () => {
  const stream = new PassThrough();
  const sink = alertLogSink({ to: { stream } });
  const missed = [hang];
  const said = [notice('trigger', { severity: 'warning' }), notice('update'), notice('resolve'), notice('settle')];
  await sink.alerts([...said, { kind: 'summary', atMs: hang.sinceMs, missed }], { signal });
  const lines = String(stream.read())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ event_name, severity_text, trace_id }) => [event_name, severity_text, trace_id]),
    [
      ['alert.triggered', 'WARN', hang.exampleTrace],
      ['alert.updated', 'ERROR', hang.exampleTrace],
      ['alert.resolved', 'INFO', hang.exampleTrace],
      ['alert.settled', 'INFO', hang.exampleTrace],
      ['alert.missed', 'INFO', undefined],
    ],
  );
  assert.equal(lines[0]?.['body'], hang.summary);
  assert.deepEqual((lines[0]['attributes'] as { incident: { at_risk: unknown } }).incident.at_risk, hang.atRisk);
});

test('no secret of a sink is in what a tasker records, tells of itself or shows as its configuration', async () => {
  const sinks = [
    pagerDutySink({ routingKey }),
    slackSink({ webhookUrl: slackUrl }),
    webhookSink({ url: `${slackUrl}/2`, secret, headers: { authorization: 'Bearer secret-4712' } }),
    alertmanagerSink({ url: 'http://127.0.0.1:9', headers: { authorization: 'Bearer secret-4713' } }),
  ];
  const task = defineTask({ name: 'order', step_templates: [{ name: 'pay', handler: () => ({}) }] });
  const tasker = await createTasker({ storage: { kind: 'memory' }, tasks: [task], sinks }, { env: {} });
  await tasker.start();
  await (await tasker.run({ name: 'order', context: {} })).wait();
  const { events } = await tasker.events({});
  const shown = inspect([events, tasker, tasker.status(), await tasker.subscribers(), sinks], {
    depth: 6,
    showHidden: true,
  });
  await tasker.stop();
  const surroundings = { env: {}, baseDir: tmpdir() };
  const config = resolveConfig({ storage: { kind: 'memory' }, tasks: [task], sinks }, surroundings);
  const all = shown + inspect(config, { depth: null }) + JSON.stringify([config, sinks]);
  for (const one of [routingKey, secret, 'secret-4711', 'secret-4712', 'secret-4713'])
    assert.ok(!all.includes(one), 'a secret is shown');
});
