import assert from 'node:assert/strict';

import type { LoggedEvent, SubscriberClass, SubscriberDefinition, TaskDefinition } from '../../index.ts';
import { createTestTasker, type TestTasker } from '../test-tasker.ts';
import type { Runner } from './sink.contract.ts';

/** A subscriber to be tried, and work for it to see. */
export interface SubscriberUnderTest {
  readonly subscriber: SubscriberDefinition | SubscriberClass;
  /** The name that it has in the log. */
  readonly name: string;
  /** The tasks that `work` runs. */
  readonly tasks: readonly TaskDefinition[];
  /** Runs tasks to their ends. Called several times: the same each time. */
  readonly work: (testTasker: TestTasker) => Promise<void>;
}

const catchUpMs = 60_000;

/**
 * What must hold of every subscriber, whatever it does with its events. `make` gives a new one each time; `runner`
 * is the test runner's.
 */
export function subscriberContract(make: () => SubscriberUnderTest, { describe, it }: Runner): void {
  const { name } = make();

  const trying = async (body: (testTasker: TestTasker, made: SubscriberUnderTest) => Promise<void>): Promise<void> => {
    const made = make();
    const testTasker = await createTestTasker({ tasks: made.tasks, subscribers: [made.subscriber] });
    try {
      await body(testTasker, made);
    } finally {
      await testTasker.stop();
    }
  };

  describe(`the subscriber ${name}`, () => {
    it('takes every event that the work brings', () =>
      trying(async (testTasker, made) => {
        const { tasker, clock } = testTasker;
        await made.work(testTasker);
        await clock.advance(catchUpMs);
        assert.deepEqual((await tasker.parked(name)).events, [], 'nothing is parked');
        const [status] = (await tasker.subscribers()).filter((one) => one.name === name);
        assert.equal(status?.lag, 0, 'it has caught up');
      }));

    it('comes to the same state when it is replayed, once or twice', () =>
      trying(async (testTasker, made) => {
        const { tasker, clock } = testTasker;
        await made.work(testTasker);
        await clock.advance(catchUpMs);
        const living = await tasker.subscriberState(name);
        for (const reset of [true, false]) {
          await tasker.replay(name, { from: 'beginning', reset });
          assert.deepEqual(await tasker.subscriberState(name), living);
        }
      }));

    it('leaves the tasks alone: the log is the same without it', async () => {
      const logOf = async (subscribers: readonly (SubscriberDefinition | SubscriberClass)[]): Promise<unknown[]> => {
        const made = make();
        const testTasker = await createTestTasker({ tasks: made.tasks, subscribers });
        try {
          await made.work(testTasker);
          await testTasker.clock.advance(catchUpMs);
          return (await testTasker.events()).filter((event) => event.taskId !== null).map(withoutPosition);
        } finally {
          await testTasker.stop();
        }
      };
      assert.deepEqual(await logOf([make().subscriber]), await logOf([]));
    });
  });
}

/** What observers record of themselves takes up positions, and nothing else. */
function withoutPosition({ position: _position, id: _id, causationId: _cause, ...event }: LoggedEvent) {
  return event;
}
