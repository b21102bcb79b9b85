import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { alertLogSink, alertmanagerSink, pagerDutySink, slackSink, webhookSink } from '../../src/index.ts';
import { sinkContract } from '../../src/testing/contracts/sink.contract.ts';
import { routingKey, startPagerDuty } from '../alerts/pagerduty.ts';
import { slackFaults } from '../alerts/slack-rules.ts';
import { startStandIn } from '../alerts/stand-in.ts';

const down = { status: 503, headers: { 'retry-after': '7' } };

sinkContract(
  'PagerDuty',
  async () => {
    const pagerDuty = await startPagerDuty();
    return {
      sink: pagerDutySink({ routingKey, url: pagerDuty.url }),
      arrived: async () => pagerDuty.paged,
      breakDestination: async () => {
        pagerDuty.trouble = down;
      },
      secrets: [routingKey],
      cleanUp: () => pagerDuty.close(),
    };
  },
  { describe, it },
);

sinkContract(
  'Alertmanager',
  async () => {
    const receiver = await startStandIn(() => ({ status: 200 }));
    const bodies = (): { labels: { task: string } }[][] =>
      receiver.requests.map(({ body }) => JSON.parse(body.toString()) as { labels: { task: string } }[]);
    return {
      sink: alertmanagerSink({ url: receiver.url, headers: { authorization: 'Bearer secret-4711' } }),
      arrived: async () => bodies().flatMap((alerts) => alerts.map(({ labels }) => labels.task)),
      breakDestination: async () => {
        receiver.trouble = down;
      },
      secrets: ['secret-4711'],
      cleanUp: () => receiver.close(),
    };
  },
  { describe, it },
);

sinkContract(
  'Slack',
  async () => {
    const slack = await startStandIn(({ body }) =>
      slackFaults(body.toString()).length === 0 ? { status: 200, body: 'ok' } : { status: 400, body: 'invalid_blocks' },
    );
    return {
      sink: slackSink({ webhookUrl: `${slack.url}/services/T0/B0/secret-4711` }),
      arrived: async () =>
        slack.requests.map(({ body }) => /\/(\S+), step/.exec(body.toString().replaceAll(/<[^>]*>/g, ''))?.[1] ?? ''),
      breakDestination: async () => {
        slack.trouble = down;
      },
      secrets: ['secret-4711'],
      cleanUp: () => slack.close(),
    };
  },
  { describe, it },
);

const webhookSecret = `whsec_${Buffer.from('secret-4711-secret-4711-').toString('base64')}`;

sinkContract(
  'webhook',
  async () => {
    const receiver = await startStandIn(() => ({ status: 204 }));
    return {
      sink: webhookSink({ url: `${receiver.url}/hooks/secret-4712`, secret: webhookSecret }),
      arrived: async () =>
        receiver.requests.map(
          ({ body }) => (JSON.parse(body.toString()) as { data: { incident: { task: string } } }).data.incident.task,
        ),
      breakDestination: async () => {
        receiver.trouble = down;
      },
      secrets: [webhookSecret, webhookSecret.slice(6), 'secret-4711', 'secret-4712'],
      cleanUp: () => receiver.close(),
    };
  },
  { describe, it },
);

sinkContract(
  'alert log to a file',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tasker-alert-log-'));
    const file = join(folder, 'logs', 'alerts.ndjson');
    let sink = alertLogSink({ to: { file } });
    return {
      sink: { name: sink.name, alerts: (...given) => sink.alerts(...given), close: async () => sink.close?.() },
      arrived: async () =>
        (await readFile(file, 'utf8').catch(() => ''))
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => (JSON.parse(line) as { attributes: { incident: { task: string } } }).attributes.incident.task),
      breakDestination: async () => {
        // A device on which every write fails as on a full disk.
        sink = alertLogSink({ to: { file: '/dev/full' } });
      },
      cleanUp: () => rm(folder, { recursive: true }),
    };
  },
  { describe, it },
);
