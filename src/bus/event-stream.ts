import type { HeardName, PublishedEvent } from '../events/envelope.ts';
import { RingBuffer } from './ring-buffer.ts';

type Result<Event> = IteratorResult<Event, undefined>;

/**
 * Events for `for await`. Listening begins when the stream is made, not when it is first read. What its reader does
 * not come round to waits in a bounded buffer; when that is full, the oldest go, and are counted.
 */
export class EventStream<Name extends HeardName = HeardName> implements AsyncIterableIterator<
  PublishedEvent<Name>,
  undefined
> {
  readonly #buffer: RingBuffer<PublishedEvent<Name>>;
  readonly #waiting: ((result: Result<PublishedEvent<Name>>) => void)[] = [];
  #stop: () => void = () => undefined;
  #ended = false;

  /** `listen` is called once, with where the events are to go; it returns how to stop them. */
  constructor(capacity: number, listen: (stream: EventStream<Name>) => () => void) {
    this.#buffer = new RingBuffer(capacity);
    this.#stop = listen(this);
  }

  /** How many events were lost because their reader was too slow. */
  get dropped(): number {
    return this.#buffer.dropped;
  }

  push(event: PublishedEvent<Name>): void {
    if (this.#ended) return;
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#buffer.push(event);
    else reader({ value: event, done: false });
  }

  /** No more will come; what is buffered can still be read. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#waiting.splice(0)) reader({ value: undefined, done: true });
  }

  next(): Promise<Result<PublishedEvent<Name>>> {
    const event = this.#buffer.shift();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The reader has left, by `break` or by an error of its own. */
  return(): Promise<Result<PublishedEvent<Name>>> {
    this.#buffer.clear();
    this.#stop();
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
