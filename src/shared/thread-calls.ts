import { type ErrorParts, putTogether, takeApart } from './error-parts.ts';

/** What a thread's port and a `Worker` have in common. */
export interface MessageEnd {
  postMessage(message: unknown): void;
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: 'tell'; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorParts };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What the other end may call or be told, by name. */
export type Served = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Calls between two threads, either way. Arguments and answers are copied; of an error arrive code, message and details. */
export class ThreadCalls {
  readonly #end: MessageEnd;
  readonly #served: Served;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(end: MessageEnd, served: Served = {}) {
    this.#end = end;
    this.#served = served;
  }

  /** How many answers are still to come. */
  get waiting(): number {
    return this.#waiting.size;
  }

  call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      this.#post({ kind: 'call', id, name, args });
    });
  }

  /** Nobody answers. */
  tell(name: string, ...args: readonly unknown[]): void {
    this.#post({ kind: 'tell', name, args });
  }

  /** To be given every message that comes from the other end. */
  received(message: unknown): void {
    const said = message as Message;
    if (said.kind === 'call') void this.#answer(said);
    else if (said.kind === 'tell') void this.#serve(said);
    else {
      const waiting = this.#waiting.get(said.id);
      this.#waiting.delete(said.id);
      if (said.kind === 'done') waiting?.resolve(said.value);
      else waiting?.reject(putTogether(said.error));
    }
  }

  /** The other end is gone: whoever waits for it is told. */
  lost(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #answer(call: Extract<Message, { kind: 'call' }>): Promise<void> {
    const { id } = call;
    try {
      this.#post({ kind: 'done', id, value: await this.#serve(call) });
    } catch (error) {
      this.#post({ kind: 'failed', id, error: takeApart(error) });
    }
  }

  #serve({ name, args }: { readonly name: string; readonly args: readonly unknown[] }): unknown {
    const serve = this.#served[name];
    if (serve === undefined) throw new Error(`nothing here is called '${name}'`);
    return Reflect.apply(serve, undefined, [...args]);
  }

  #post(message: Message): void {
    this.#end.postMessage(message);
  }
}
