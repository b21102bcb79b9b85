import { createHash } from 'node:crypto';
import type { Answer } from './service.ts';

export type KeyedAnswer =
  | { readonly kind: 'first'; readonly answer: Answer }
  | { readonly kind: 'duplicate'; readonly answer: Answer }
  /** The key was used before for something else. */
  | { readonly kind: 'reused' };

interface Entry {
  readonly digest: string;
  readonly answer: Promise<Answer>;
}

/**
 * Per key: unknown → being answered → answered, or back to unknown when answering threw. Whoever comes with a key
 * that is being answered waits for that answer.
 */
export class IdempotentAnswers {
  readonly #entries = new Map<string, Entry>();

  async answer(key: string, request: string, make: () => Promise<Answer>): Promise<KeyedAnswer> {
    const digest = createHash('sha256').update(request).digest('base64');
    const known = this.#entries.get(key);
    if (known) {
      if (known.digest !== digest) return { kind: 'reused' };
      return { kind: 'duplicate', answer: await known.answer };
    }

    const answer = make();
    this.#entries.set(key, { digest, answer });
    try {
      return { kind: 'first', answer: await answer };
    } catch (error) {
      this.#entries.delete(key);
      throw error;
    }
  }
}
