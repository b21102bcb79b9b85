import { TaskerError } from '../shared/errors.ts';
import type { EventPattern, HeardName, MatchedName, PublishedEvent, Tasker } from '../index.ts';

export interface SpyOptions {
  /** How long it may really take, milliseconds. Default 5000. */
  readonly timeoutMs?: number;
}

/** Hears everything that a tasker publishes from the moment it is made. */
export interface EventSpy {
  /** All that was heard, in order. */
  readonly events: readonly PublishedEvent[];
  readonly names: readonly HeardName[];
  /** Those that the pattern matches. */
  heard<Pattern extends EventPattern>(pattern: Pattern): readonly PublishedEvent<MatchedName<Pattern>>[];
  /**
   * The first event that the pattern matches and that no earlier call of `next` gave; waits for it if it has not
   * happened yet. Rejects with what was heard instead.
   */
  next<Pattern extends EventPattern>(
    pattern: Pattern,
    options?: SpyOptions,
  ): Promise<PublishedEvent<MatchedName<Pattern>>>;
  stop(): void;
}

interface Waiting {
  readonly matches: (event: PublishedEvent) => boolean;
  readonly give: (event: PublishedEvent) => void;
}

export function spyOn(tasker: Tasker): EventSpy {
  const events: PublishedEvent[] = [];
  const given = new Set<PublishedEvent>();
  const waiting = new Set<Waiting>();
  const stop = tasker.on('*', (event) => {
    events.push(event);
    for (const one of waiting) {
      if (!one.matches(event)) continue;
      waiting.delete(one);
      given.add(event);
      one.give(event);
      return;
    }
  });
  const matcher = (pattern: EventPattern): ((event: PublishedEvent) => boolean) => {
    const names = new Set(tasker.catalog.matching(pattern).map(({ name }) => name));
    return (event) => names.has(event.name);
  };
  return {
    events,
    get names() {
      return events.map(({ name }) => name);
    },
    heard<Pattern extends EventPattern>(pattern: Pattern) {
      // The pattern lets through only what it is typed on.
      return events.filter(matcher(pattern)) as unknown as readonly PublishedEvent<MatchedName<Pattern>>[];
    },
    next<Pattern extends EventPattern>(pattern: Pattern, { timeoutMs = 5000 }: SpyOptions = {}) {
      type Wanted = PublishedEvent<MatchedName<Pattern>>;
      const matches = matcher(pattern);
      const earlier = events.find((event) => matches(event) && !given.has(event));
      if (earlier !== undefined) {
        given.add(earlier);
        return Promise.resolve(earlier as unknown as Wanted);
      }
      return new Promise<Wanted>((resolve, reject) => {
        const one: Waiting = {
          matches,
          give(event) {
            clearTimeout(timer);
            resolve(event as unknown as Wanted);
          },
        };
        const timer = setTimeout(() => {
          waiting.delete(one);
          reject(notHeard(pattern, timeoutMs, events));
        }, timeoutMs);
        waiting.add(one);
      });
    },
    stop,
  };
}

function notHeard(pattern: string, timeoutMs: number, events: readonly PublishedEvent[]): TaskerError {
  const latest = events.slice(-20).map(({ name, step }) => (step === null ? name : `${name} ${step}`));
  const before = events.length > latest.length ? `, the latest of ${events.length}` : '';
  return new TaskerError(
    'TASKER_WAIT_ABORTED',
    `No '${pattern}' within ${timeoutMs} ms. Heard${before}: ${latest.join(', ') || 'nothing'}. On a clock of your own, time must be advanced for it to happen.`,
  );
}
