// The test kit: for testing your own workflows and subscribers. Needs no test runner in particular.

// Time and chance of a test's own.
export { FakeClock, rest } from './fake-clock.ts';
export { seededRandom } from './seeded-random.ts';

// A tasker in memory; one task run to its end; a spy on what happens.
export { createTestTasker, type TestTasker, type TestTaskerOptions } from './test-tasker.ts';
export { runTask, type RunTaskOptions, storyLine, type TaskRun } from './run-task.ts';
export { type EventSpy, spyOn, type SpyOptions } from './event-spy.ts';

// What must hold of every subscriber and every sink.
export { subscriberContract, type SubscriberUnderTest } from './contracts/subscriber.contract.ts';
export { type Runner, sinkContract, type SinkUnderTest } from './contracts/sink.contract.ts';
