import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { createTasker, defineTask, type LoggedEvent, type SubscriberClass } from '../../src/index.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';

const sale = defineTask({ name: 'sale', step_templates: [{ name: 'pay', handler: () => 1 }] });

/** What each subscriber was told: its configuration and the event. */
const told: string[] = [];

class DebugLogger {
  readonly #config: { readonly log_level?: unknown };
  constructor(config: object) {
    this.#config = config;
  }
  handle({ name }: LoggedEvent) {
    told.push(`${String(this.#config.log_level)} ${name}`);
  }
}

class SlackNotifications {
  handle_task_completed({ name }: LoggedEvent) {
    told.push(`slack ${name}`);
  }
}

async function taskerWith(t: TestContext, yaml: string, subscriberClasses: Readonly<Record<string, SubscriberClass>>) {
  const dir = await mkdtemp(join(tmpdir(), 'tasker-subscriptions-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'subscriptions.yml'), yaml);
  const clock = new FakeClock();
  const warnings: string[] = [];
  const tasker = await createTasker(
    { storage: { kind: 'memory' }, tasks: [sale], subscriptions: ['subscriptions.yml'], subscriberClasses },
    { clock, env: {}, baseDir: dir, onWarning: (message) => void warnings.push(message.replace(dir, '')) },
  );
  return { tasker, clock, warnings };
}

test('a subscription file says which class follows which events, with what configuration', async (t) => {
  const { tasker, clock } = await taskerWith(
    t,
    `subscriptions:
  debug_logger:
    class: Integrations::DebugLogger
    events: ['*']
    start_from: beginning
    config: { log_level: debug }
  slack:
    class: SlackNotifications
    events: [task.completed, tasker.task.completed]
  switched_off:
    class: NotEvenThere
    enabled: false
    events: [task.failed]
`,
    { DebugLogger, SlackNotifications },
  );
  told.length = 0;
  await tasker.start();
  await (await tasker.run({ name: 'sale', context: {} })).wait();
  await clock.advance(1000);
  assert.deepEqual(
    (await tasker.subscribers()).map(({ name }) => name),
    ['debug_logger', 'slack'],
  );
  await tasker.stop();
  assert.deepEqual(
    told.filter((line) => line.startsWith('slack')),
    ['slack task.completed'],
  );
  assert.deepEqual(told.filter((line) => line.startsWith('debug')).slice(0, 3), [
    'debug worker.started',
    'debug task.initialize_requested',
    'debug task.start_requested',
  ]);
});

test('unknown names are errors with their place and the nearest right one, all at once', async (t) => {
  const refused = taskerWith(
    t,
    `subscriptions:
  slack:
    class: SlackNotification
    events: [task.complete, step.handle]
  off:
    class: Whatever
    enabled: false
    events: [workflow.error]
  half: { class: DebugLogger }
  borrowed: { class: constructor, events: [task.completed] }
`,
    { DebugLogger, SlackNotifications },
  );
  await assert.rejects(refused, (error: Error) => {
    assert.equal((error as Error & { code: string }).code, 'TASKER_SUBSCRIBER_INVALID');
    const lines = error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ *\S*subscriptions\.yml:/, ''));
    assert.deepEqual(lines, [
      '9:9  error  subscriptions.half.events: required, but missing',
      "4:14  error  subscriptions.slack.events[0]: there is no recorded event 'task.complete'; did you mean 'task.completed'?",
      "4:29  error  subscriptions.slack.events[1]: 'step.handle' is a live event: it is never stored, so a subscriber cannot follow it; listen with tasker.on",
      "3:12  error  subscriptions.slack.class: there is no class 'SlackNotification'; did you mean 'SlackNotifications'?; the configuration's subscriberClasses has DebugLogger, SlackNotifications",
      "8:14  error  subscriptions.off.events[0]: there is no recorded event 'workflow.error'",
      "10:22  error  subscriptions.borrowed.class: there is no class 'constructor'; the configuration's subscriberClasses has DebugLogger, SlackNotifications",
    ]);
    return true;
  });
});

test('a key that is not known is a warning', async (t) => {
  const { tasker, warnings } = await taskerWith(
    t,
    'subscriptions:\n  slack: { class: SlackNotifications, events: [task.completed], enable: true }\n',
    { SlackNotifications },
  );
  await tasker.stop();
  assert.deepEqual(warnings, [
    "/subscriptions.yml:2:65  warning  subscriptions.slack.enable: unknown key 'enable'; did you mean 'enabled'?",
  ]);
});

test('a file that is not there is named', async () => {
  const missing = createTasker({ storage: { kind: 'memory' }, subscriptions: ['no-such.yml'] }, { env: {} });
  await assert.rejects(missing, { code: 'TASKER_SUBSCRIBER_INVALID', message: /no-such\.yml, which cannot be read/ });
});
