/** A queue that never grows beyond its capacity: when it is full, the oldest makes room, and is counted. */
export class RingBuffer<T> {
  readonly #capacity: number;
  #items: (T | undefined)[] = [];
  #first = 0;
  #size = 0;
  #dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    this.#items[(this.#first + this.#size) % this.#capacity] = item;
    if (this.#size < this.#capacity) {
      this.#size += 1;
      return;
    }
    this.#first = (this.#first + 1) % this.#capacity;
    this.#dropped += 1;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#capacity;
    this.#size -= 1;
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.#size = 0;
  }
}
