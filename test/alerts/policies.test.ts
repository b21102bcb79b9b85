import assert from 'node:assert/strict';
import { test } from 'node:test';

import { policyKinds } from '../../src/subscribers/alert-generation/policies/policies.ts';
import { startMs } from './simulated-checkouts.ts';
import { alertingOptions, Story } from './story.ts';

const tested = new Set<string>();

/** A condition at, below and above its threshold. */
function policy(kind: string, name: string, run: () => void): void {
  tested.add(kind);
  test(`${kind}: ${name}`, run);
}

const triggered = (story: Story): readonly string[] => story.said.filter((one) => one.startsWith('triggered'));

policy('step_stalled', 'three hung tasks are enough, two are not', () => {
  const story = new Story().usual(60);
  for (const task of ['a', 'b']) story.start(task).stalled(task, 'update_inventory').wait(1);
  assert.deepEqual(triggered(story), []);
  story.start('c').stalled('c', 'update_inventory');
  assert.deepEqual(triggered(story), ['triggered step_stalled update_inventory']);
});

policy('step_stalled', 'one task that hangs three times is one task', () => {
  const story = new Story().usual(60).start('a');
  for (const attempt of [1, 2, 3]) {
    story
      .tell(
        'step.stalled',
        { stallMs: 10_000, runningMs: 10_000, silentMs: 10_000, heartbeats: 0 },
        'a',
        'update_inventory',
        attempt,
      )
      .wait(1);
  }
  assert.deepEqual(triggered(story), []);
});

policy('step_stalled', 'a single attempt that is silent for ten stall limits speaks alone, until it ends', () => {
  const story = new Story().usual(60).start('a').stalled('a', 'update_inventory');
  story.wait(89);
  assert.deepEqual(triggered(story), []);
  story.wait(2);
  assert.deepEqual(triggered(story), ['triggered step_stalled update_inventory']);
  assert.match(
    story.facts[0]?.incident.summary ?? '',
    /update_inventory \(inventory\) hangs: one attempt gives no sign of life/,
  );
  story.done('a', 'update_inventory', 101_000).wait(1);
  assert.equal(story.said.at(-1), 'resolved step_stalled update_inventory');
});

policy('error_ratio', 'failures as often as ever say nothing; as never before they do', () => {
  const story = new Story();
  // One in twenty fails, and succeeds when tried again.
  for (let number = 0; number < 400; number += 1) {
    const task = `usual-${number}`;
    if (number % 20 === 0)
      story.start(task).failed(task, 'process_payment').done(task, 'process_payment').completed(task).wait(1);
    else story.checkout(task).wait(1);
  }
  assert.deepEqual(triggered(story), []);
  for (let number = 0; number < 20; number += 1)
    story.start(`hit-${number}`).failed(`hit-${number}`, 'process_payment').wait(1);
  assert.deepEqual(triggered(story), ['triggered error_ratio process_payment']);
  assert.equal(story.facts[0]?.incident.cause, 'connection');
  assert.deepEqual(story.facts[0]?.incident.firstError, { type: 'ServiceError', code: null, status: 502 });
});

policy('error_ratio', 'one task that fails at every attempt says nothing of the step', () => {
  const story = new Story(alertingOptions([{ name: 'retries_exhausted', enabled: false }])).usual(100).start('a');
  for (let attempt = 1; attempt <= 12; attempt += 1)
    story.failed('a', 'process_payment', { type: 'Error' }, 'no', attempt).wait(1);
  assert.deepEqual(triggered(story), []);
});

policy(
  'step_slow',
  'a step that takes ten times as long as its past is slow; half as long again, or little longer, is not',
  () => {
    const run = (durationMs: number): readonly string[] => {
      const story = new Story().usual(300);
      for (let number = 0; number < 40; number += 1) {
        story
          .start(`late-${number}`)
          .done(`late-${number}`, 'create_order', durationMs)
          .completed(`late-${number}`)
          .wait(1);
      }
      return triggered(story);
    };
    assert.deepEqual(run(56), []);
    assert.deepEqual(run(150), []);
    assert.deepEqual(run(500), ['triggered step_slow create_order']);
  },
);

policy('sla_breached', 'a breach is told while the task is open, and is over when the task has completed', () => {
  const story = new Story().usual(60).start('a').breached('a', 'process_payment');
  assert.deepEqual(triggered(story), ['triggered sla_breached process_payment']);
  story.completed('a').wait(1);
  assert.equal(story.said.at(-1), 'resolved sla_breached process_payment');
});

policy('sla_breached', 'a minimum is a minimum', () => {
  const story = new Story(alertingOptions([{ name: 'sla_breached', minimum_tasks: 2 }]))
    .usual(60)
    .start('a')
    .breached('a', 'process_payment');
  assert.deepEqual(triggered(story), []);
  story.start('b').breached('b', 'process_payment');
  assert.deepEqual(triggered(story), ['triggered sla_breached process_payment']);
});

policy('sla_breached', 'what is older than the window is not counted', () => {
  const story = new Story(alertingOptions([{ name: 'sla_breached', minimum_tasks: 2, window_seconds: 60 }])).usual(60);
  story.start('a').breached('a', 'process_payment').wait(61).start('b').breached('b', 'process_payment');
  assert.deepEqual(triggered(story), []);
  story.wait(59).start('c').breached('c', 'process_payment');
  assert.deepEqual(triggered(story), ['triggered sla_breached process_payment']);
});

policy('retries_exhausted', 'a last attempt used is told; a permanent error is no exhaustion', () => {
  const story = new Story()
    .usual(60)
    .start('a')
    .failedForGood('a', 'process_payment', 'permanent', { type: 'PermanentError' });
  assert.deepEqual(triggered(story), []);
  story.start('b').failedForGood('b', 'process_payment');
  assert.deepEqual(triggered(story), ['triggered retries_exhausted process_payment']);
});

policy('task_failed', 'only where the template asks for it', () => {
  const fail = (onFailure: boolean): readonly string[] => {
    const options = alertingOptions([], { alerting: { critical: false, onFailure } });
    return triggered(
      new Story(options)
        .usual(60)
        .start('a')
        .failedForGood('a', 'process_payment', 'permanent', { type: 'PermanentError' }),
    );
  };
  assert.deepEqual(fail(false), []);
  assert.deepEqual(fail(true), ['triggered task_failed process_payment']);
});

policy(
  'high_value_failure',
  'a high tier or a value of ten typical orders, and no fault of the customer\u2019s own',
  () => {
    const quiet = [{ name: 'retries_exhausted', enabled: false }];
    const fail = (customer: Record<string, string | number>, error?: object): readonly string[] =>
      triggered(
        new Story(alertingOptions(quiet))
          .usual(60)
          .start('a', customer)
          .failedForGood('a', 'process_payment', 'exhausted', error),
      );
    assert.deepEqual(fail({}), []);
    assert.deepEqual(fail({ customer_tier: 'premium' }), ['triggered high_value_failure process_payment']);
    assert.deepEqual(fail({ customer_tier: 'premium' }, { type: 'ValidationError' }), []);
    assert.deepEqual(fail({ order_value: 8000 }), []);
    assert.deepEqual(fail({ order_value: 12_000 }), ['triggered high_value_failure process_payment']);
  },
);

policy('revenue_lost', 'more than twenty typical orders lost within the window, or more than a limit in money', () => {
  const quiet = [
    { name: 'retries_exhausted', enabled: false },
    { name: 'high_value_failure', enabled: false },
    { name: 'error_ratio', enabled: false },
  ];
  const lose = (count: number, limits?: Record<string, number>): readonly string[] => {
    const story = new Story(
      alertingOptions([...quiet, { name: 'revenue_lost', ...(limits !== undefined && { limits }) }]),
    ).usual(60);
    for (let number = 0; number < count; number += 1)
      story.start(`lost-${number}`).failedForGood(`lost-${number}`, 'process_payment').wait(5);
    return triggered(story);
  };
  assert.deepEqual(lose(18), []);
  const refused = new Story(alertingOptions(quiet)).usual(60);
  for (let number = 0; number < 40; number += 1)
    refused
      .start(`no-${number}`)
      .failedForGood(`no-${number}`, 'process_payment', 'permanent', { type: 'PermanentError' })
      .wait(5);
  assert.ok(!triggered(refused).some((one) => one.includes('revenue_lost')));
  assert.deepEqual(lose(23), ['triggered revenue_lost process_payment']);
  assert.deepEqual(lose(4, { USD: 5000 }), []);
  assert.deepEqual(lose(5, { USD: 5000 }), ['triggered revenue_lost process_payment']);
});

policy('revenue_at_risk', 'open tasks in trouble that are worth twenty typical orders, for half a minute', () => {
  const quiet = [{ name: 'error_ratio', enabled: false }];
  const risk = (count: number, seconds: number): readonly string[] => {
    const story = new Story(alertingOptions(quiet)).usual(60);
    for (let number = 0; number < count; number += 1)
      story.start(`risk-${number}`).failed(`risk-${number}`, 'process_payment');
    return triggered(story.wait(seconds));
  };
  assert.deepEqual(risk(18, 60), []);
  assert.deepEqual(risk(23, 29), []);
  assert.deepEqual(risk(23, 32), ['triggered revenue_at_risk']);
});

policy(
  'conversion_drop',
  'half of the tasks that end fail where nearly all had completed; one in twenty is as usual',
  () => {
    const quiet = ['retries_exhausted', 'error_ratio', 'high_value_failure', 'revenue_lost'].map((name) => ({
      name,
      enabled: false,
    }));
    const drop = (every: number): readonly string[] => {
      const story = new Story(alertingOptions(quiet));
      for (let number = 0; number < 1900; number += 1) {
        const isLate = number >= 1300;
        if (number % (isLate ? every : 20) === 0)
          story
            .start(`t${number}`)
            .failedForGood(`t${number}`, 'process_payment', 'permanent', { type: 'PermanentError' });
        else story.checkout(`t${number}`);
        story.wait(1);
      }
      return triggered(story);
    };
    assert.deepEqual(drop(20), []);
    assert.deepEqual(drop(2), ['triggered conversion_drop']);
  },
);

policy('no_success', 'tasks start and none completes for ten minutes', () => {
  const story = new Story(alertingOptions([{ name: 'no_traffic', enabled: false }])).usual(60);
  for (let number = 0; number < 4; number += 1) story.start(`open-${number}`).wait(160);
  assert.deepEqual(triggered(story), [], 'four are too few');
  story.start('open-5').wait(160);
  assert.deepEqual(triggered(story), ['triggered no_success']);
  story.completed('open-5').wait(1);
  assert.equal(story.said.at(-1), 'resolved no_success');
});

policy(
  'no_success',
  'after a pause, or without an engine, those that have just started have not failed to complete',
  () => {
    const quiet = [{ name: 'no_traffic', enabled: false }];
    const rush = (story: Story): Story => {
      for (let number = 0; number < 8; number += 1) story.start(`rush-${number}`);
      return story;
    };
    const paused = rush(new Story(alertingOptions(quiet)).usual(60).wait(3600)).wait(590);
    assert.deepEqual(paused.said, []);
    assert.deepEqual(paused.wait(12).said, ['triggered no_success']);
    const away = rush(new Story(alertingOptions(quiet)).usual(60)).away(3600);
    away.tell('worker.started', { worker: 'w', pid: 1, host: 'h' });
    assert.deepEqual(away.wait(590).said, []);
    assert.deepEqual(away.wait(12).said, ['triggered no_success']);
    const crashing = rush(new Story(alertingOptions(quiet)).usual(60));
    for (let minute = 0; minute < 11; minute += 1)
      crashing
        .wait(57)
        .away(3)
        .tell('worker.started', { worker: `w${minute}`, pid: 1, host: 'h' });
    assert.deepEqual(crashing.said, ['triggered no_success'], 'one that starts anew every minute hides nothing');
  },
);

policy('no_success', 'what is to start later has not started', () => {
  const story = new Story(alertingOptions([{ name: 'no_traffic', enabled: false }])).usual(20);
  const startAt = startMs + 86_400_000;
  for (let number = 0; number < 20; number += 1)
    story.tell('task.initialize_requested', { startAt }, `later-${number}`).wait(60);
  assert.deepEqual(story.said, []);
});

policy('no_traffic', 'silence where there was traffic, when as many as are asked for should have come', () => {
  const story = new Story().usual(300);
  story.wait(30);
  assert.deepEqual(triggered(story), []);
  story.wait(90);
  assert.deepEqual(triggered(story), ['triggered no_traffic']);
  story.usual(60);
  assert.equal(story.said.at(-1), 'resolved no_traffic');
});

policy('no_traffic', 'the time when no engine was there is no silence', () => {
  const story = new Story()
    .usual(300)
    .away(600)
    .tell('worker.started', { worker: 'w', pid: 1, host: 'h', nodeVersion: '24' });
  story.wait(20);
  assert.deepEqual(triggered(story), []);
});

policy('worker_lost', 'told for five minutes', () => {
  const story = new Story()
    .usual(10)
    .tell('worker.lost', { worker: 'w', pid: 4090, host: 'shop-1', startedAt: 1, tasksHeld: 12 });
  assert.deepEqual(triggered(story), ['triggered worker_lost']);
  assert.match(story.facts[0]?.incident.summary ?? '', /^Worker shop-1:4090 was lost: it held 12 tasks since /);
  story.wait(299);
  assert.equal(story.facts.length, 1);
  story.wait(2);
  assert.equal(story.said.at(-1), 'resolved worker_lost');
});

policy('worker_unresponsive', 'names the handler that blocks', () => {
  const handler = { taskName: 'shop.checkout', task: 't', step: 'validate_cart', attempt: 1, calling: true };
  const story = new Story().tell('worker.unresponsive', {
    worker: 'w',
    pid: 1,
    host: 'shop-1',
    blockedMs: 4100,
    limitMs: 1000,
    handler,
  });
  assert.deepEqual(triggered(story), ['triggered worker_unresponsive']);
  assert.match(story.facts[0]?.incident.summary ?? '', /in validate_cart of shop\.checkout/);
});

policy('subscriber_lagging', 'until it has recovered, each subscriber for itself', () => {
  const lag = (subscriber: string) => ({ subscriber, lag: 120_000, limit: 100_000, checkpoint: 1 });
  const story = new Story().tell('subscriber.lagged', lag('sales')).tell('subscriber.lagged', lag('fraud'));
  assert.equal(triggered(story).length, 2);
  story.tell('subscriber.recovered', lag('sales')).wait(1);
  assert.deepEqual(
    story.facts.filter(({ kind }) => kind === 'resolved').map(({ incident }) => incident.system),
    ['sales'],
  );
});

policy('sink_failing', 'until it has recovered', () => {
  const story = new Story().tell('sink.failing', {
    sink: 'pagerduty',
    signal: 'alerts',
    failures: 3,
    reason: 'answered 503',
  });
  assert.deepEqual(triggered(story), ['triggered sink_failing']);
  assert.equal(story.facts[0]?.incident.system, 'pagerduty');
  story.tell('sink.recovered', { sink: 'pagerduty', signal: 'alerts', failures: 3, failedForMs: 1 }).wait(1);
  assert.equal(story.said.at(-1), 'resolved sink_failing');
});

test('every kind of policy is tested here', () => {
  assert.deepEqual(
    policyKinds.map(({ kind }) => kind).filter((kind) => !tested.has(kind)),
    [],
  );
});
