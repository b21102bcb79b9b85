import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EventDirectory } from '../events/event-directory.ts';
import { defineSubscriber, type SubscriberClass, type SubscriberDefinition } from './define-subscriber.ts';
import { resolveSubscribers } from './resolve-subscriber.ts';

const handled = (given: SubscriberDefinition | SubscriberClass): readonly string[] =>
  [...(resolveSubscribers([given], new EventDirectory())[0]?.handlers.keys() ?? [])].toSorted();

const refused = (given: SubscriberDefinition | SubscriberClass, why: RegExp): void =>
  assert.throws(() => resolveSubscribers([given], new EventDirectory()), {
    code: 'TASKER_SUBSCRIBER_INVALID',
    message: why,
  });

test('a payload has the type of its event, also under the prefix and a wildcard', () => {
  const types = defineSubscriber({
    name: 'typed',
    state: { initial: () => ({ total: 0 }) },
    on: {
      'task.completed': (event, context) => {
        const durationMs: number = event.payload.durationMs;
        context.state = { total: context.state.total + durationMs };
      },
      'tasker.step.failed': (event) => event.payload.retryLimit,
      'step.*': (event) => (event.name === 'step.stalled' ? event.payload.stallMs : 0),
      '*': (event, context) => {
        // @ts-expect-error the state is frozen: it is set, not changed
        context.state.total = 1;
        // @ts-expect-error not every payload has it
        return event.payload.durationMs;
      },
    },
  });
  assert.ok(handled(types).includes('worker.started'));
  defineSubscriber({
    name: 'unknown',
    on: {
      // @ts-expect-error there is no such event
      'task.complete': () => undefined,
    },
  });
  defineSubscriber({
    name: 'live',
    on: {
      // @ts-expect-error it is live: never stored, and so never followed
      'step.handle': () => undefined,
    },
  });
});

test('the most exact pattern handles an event, and the prefix changes nothing', () => {
  const calls: string[] = [];
  const [resolved] = resolveSubscribers(
    [
      defineSubscriber({
        name: 'exact',
        on: {
          'tasker.task.failed': () => calls.push('name'),
          '*': () => calls.push('all'),
          'task.*': () => calls.push('namespace'),
        },
      }),
    ],
    new EventDirectory(),
  );
  for (const name of ['task.failed', 'task.completed', 'step.failed'])
    resolved?.handlers.get(name)?.({} as never, {} as never);
  assert.deepEqual(calls, ['name', 'namespace', 'all']);
});

test('an unknown event is answered with the nearest right one', () => {
  const on = { 'task.complete': () => undefined } as object;
  refused(defineSubscriber({ name: 'sales', on }), /'task\.complete'; did you mean 'task\.completed'\?/);
  refused(defineSubscriber({ name: 'sales', on: { 'tsk.*': () => undefined } as object }), /did you mean 'task\.\*'\?/);
});

test('what is missing, misspelt or doubled is told with the name of the subscriber', () => {
  refused(defineSubscriber({ name: 'sales', on: {} }), /'sales'.*\n.*names no event/);
  refused(defineSubscriber({ name: 'a b', on: { '*': () => undefined } }), /name: expected 1 to 64/);
  const sales = defineSubscriber({ name: 'sales', on: { '*': () => undefined } });
  assert.throws(() => resolveSubscribers([sales, sales], new EventDirectory()), /two of this name/);
});

test("a class with Tasker's methods is a subscriber", () => {
  const seen: unknown[] = [];
  class SalesReport {
    static readonly subscribe_to = ['task.completed', 'tasker.step.*'];
    readonly own = 'kept';
    handle_task_completed(): void {
      seen.push(this.own);
    }
    handle_step_failed(): void {}
  }
  assert.deepEqual(handled(SalesReport), ['step.failed', 'task.completed']);
  const [resolved] = resolveSubscribers([SalesReport], new EventDirectory());
  assert.equal(resolved?.name, 'sales-report');
  resolved?.handlers.get('task.completed')?.({} as never, {} as never);
  assert.deepEqual(seen, ['kept']);
});

test('a class without a list subscribes to what it has methods for; a name without a method is refused', () => {
  class Audit {
    handle_task_failed(): void {}
  }
  assert.deepEqual(handled(Audit), ['task.failed']);
  class Forgetful {
    static readonly events = ['task.failed'];
    handle_task_completed(): void {}
  }
  refused(Forgetful, /no method 'handle_task_failed'/);
});

test('of two patterns the one that says more handles the event, in whatever order they are written', () => {
  for (const names of [
    ['custom.order.*', 'custom.*', '*'],
    ['*', 'tasker.custom.*', 'order.*'],
  ]) {
    const directory = new EventDirectory();
    directory.declare([{ name: 'custom.order.paid', description: '', payload: null }] as never);
    const on = Object.fromEntries(names.map((name) => [name, () => name]));
    const handlers = resolveSubscribers([{ name: 'exact', on } as never], directory)[0]?.handlers;
    assert.equal(
      handlers?.get('custom.order.paid')?.(null as never, null as never),
      names.find((name) => name.endsWith('order.*')),
    );
  }
});
