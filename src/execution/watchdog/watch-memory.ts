/** The handler that was called last, as the watchdog could see it from outside. */
export interface SeenHandler {
  /** With its namespace. */
  readonly taskName: string;
  readonly task: string;
  readonly step: string;
  readonly attempt: number;
  /** True: it was being called when the loop was blocked. False: it had returned by then, perhaps a promise. */
  readonly calling: boolean;
}

const beatCell = 0;
const endCell = 1;
/** The beat at which the loop stood still, as the thread saw it; 0 when it never did. */
const blockedCell = 2;
const callingCell = 3;
const seenCallingCell = 4;
const calledLengthCell = 5;
const seenLengthCell = 6;
const headerBytes = 32;
/** Two UUIDs' worth of ids and names of 64 characters; what is longer is cut. */
const textBytes = 512;

/**
 * What the engine's thread and the watchdog's both see. Plain bytes, because the engine's thread can answer nothing
 * while it is blocked. The texts need no lock: the thread reads the engine's only while the engine stands still, and
 * the engine reads the thread's only after it was told of that very beat.
 */
export class WatchMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #called: Buffer;
  readonly #seen: Buffer;

  constructor(buffer = new SharedArrayBuffer(headerBytes + 2 * textBytes)) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer, 0, headerBytes / 4);
    this.#called = Buffer.from(buffer, headerBytes, textBytes);
    this.#seen = Buffer.from(buffer, headerBytes + textBytes, textBytes);
  }

  get beat(): number {
    return Atomics.load(this.#cells, beatCell);
  }

  get isOver(): boolean {
    return Atomics.load(this.#cells, endCell) === 1;
  }

  /** The engine: the loop goes round. The first beat is 1. */
  nextBeat(): void {
    Atomics.add(this.#cells, beatCell, 1);
  }

  /** The engine: once for each attempt, so it does as little as it can. */
  called(
    task: { readonly id: string; readonly namespace: string; readonly name: string },
    step: string,
    attempt: number,
  ): void {
    const text = `${task.id}\n${attempt}\n${step}\n${task.namespace}.${task.name}`;
    this.#cells[calledLengthCell] = this.#called.write(text);
    this.#cells[callingCell] = 1;
  }

  returned(): void {
    this.#cells[callingCell] = 0;
  }

  /** The engine: whether the thread saw it stand still at the present beat. */
  get isBlocked(): boolean {
    return Atomics.load(this.#cells, blockedCell) === this.beat;
  }

  /** The engine: the same, and in which handler. */
  blocked(): { readonly handler: SeenHandler | null } | null {
    if (!this.isBlocked) return null;
    return { handler: parse(this.#seen, this.#cells[seenLengthCell] ?? 0, this.#cells[seenCallingCell] === 1) };
  }

  /** The thread: keeps what is to be seen just now, and says that the loop stands still at this beat. */
  markBlocked(beat: number): SeenHandler | null {
    const length = this.#cells[calledLengthCell] ?? 0;
    const calling = Atomics.load(this.#cells, callingCell);
    this.#called.copy(this.#seen, 0, 0, length);
    this.#cells[seenLengthCell] = length;
    this.#cells[seenCallingCell] = calling;
    Atomics.store(this.#cells, blockedCell, beat);
    return parse(this.#seen, length, calling === 1);
  }

  /** The thread: sleeps, or until it is over. */
  pause(forMs: number): void {
    Atomics.wait(this.#cells, endCell, 0, forMs);
  }

  end(): void {
    Atomics.store(this.#cells, endCell, 1);
    Atomics.notify(this.#cells, endCell);
  }
}

function parse(text: Buffer, length: number, calling: boolean): SeenHandler | null {
  if (length === 0) return null;
  const [task = '', attempt = '', step = '', taskName = ''] = text.toString('utf8', 0, length).split('\n');
  return { taskName, task, step, attempt: Number(attempt), calling };
}
