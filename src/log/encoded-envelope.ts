import type { TaskEnvelope } from '../events/envelope.ts';
import { deepFreeze } from '../shared/json.ts';

/** The part of an event's body that is the same for every event of one task: serialised once, parsed once. */
export class EncodedEnvelope {
  /** The members of a JSON object, with a comma behind the last. */
  readonly text: string;
  #parsed: TaskEnvelope | null = null;

  constructor(envelope: TaskEnvelope) {
    this.text = `${JSON.stringify(envelope).slice(1, -1)},`;
  }

  /** As readers of the log find it; frozen, for whoever tells of the task in process shares it. */
  get parsed(): TaskEnvelope {
    this.#parsed ??= deepFreeze(JSON.parse(`{${this.text.slice(0, -1)}}`)) as TaskEnvelope;
    return this.#parsed;
  }
}
