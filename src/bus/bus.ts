import type { PublishedEvent } from '../events/envelope.ts';
import { matches, withoutAlias } from '../events/pattern.ts';
import { errorMessage } from '../shared/errors.ts';

/** A listener as the bus keeps it: what it hears is checked where it was typed. */
export interface Hearer {
  /** For people: whose listener this is. */
  readonly name: string;
  readonly hear: (event: PublishedEvent) => unknown;
  /** Called when the bus closes or the listener is taken off it. */
  readonly left?: () => void;
}

export interface Listening {
  readonly pattern: string;
  readonly name: string;
  /** How often it threw or rejected. */
  readonly failures: number;
}

interface Subscription extends Listening {
  readonly hearer: Hearer;
  failures: number;
  active: boolean;
}

/**
 * Hands events to whoever listens in this process, after their commit and in the order of what happened. A hint,
 * never the truth: what must not be missed is read from the log.
 *
 * Listeners are called at once, so that "just before the handler is called" is meant literally; what one of them
 * throws is counted, told once, and touches neither the publisher nor the other listeners.
 */
export class Bus {
  readonly #warn: (message: string) => void;
  readonly #all = new Set<Subscription>();
  /** By event name, filled as names are asked for: custom events are known to nobody beforehand. */
  readonly #byName = new Map<string, readonly Subscription[]>();
  #failures = 0;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Nobody listens to anything. */
  get idle(): boolean {
    return this.#all.size === 0;
  }

  /** How often listeners, also those that have left, threw or rejected. */
  get failures(): number {
    return this.#failures;
  }

  wants(name: string): boolean {
    return this.#all.size > 0 && this.#hearersOf(name).length > 0;
  }

  publish(event: PublishedEvent): void {
    for (const subscription of this.#hearersOf(event.name)) this.#tell(subscription, event);
  }

  /** Returns what takes the listener off again. */
  listen(pattern: string, hearer: Hearer): () => void {
    const subscription: Subscription = {
      pattern: withoutAlias(pattern),
      name: hearer.name,
      hearer,
      failures: 0,
      active: true,
    };
    this.#all.add(subscription);
    this.#byName.clear();
    return () => this.#remove(subscription);
  }

  listeningTo(name: string): readonly Listening[] {
    return this.#hearersOf(name).map(({ pattern, name: who, failures }) => ({ pattern, name: who, failures }));
  }

  /** Nothing more is published: streams come to their end. */
  close(): void {
    for (const subscription of this.#all) this.#remove(subscription);
  }

  #hearersOf(name: string): readonly Subscription[] {
    let found = this.#byName.get(name);
    if (found === undefined) {
      found = [...this.#all].filter((subscription) => matches(subscription.pattern, name));
      this.#byName.set(name, found);
    }
    return found;
  }

  #tell(subscription: Subscription, event: PublishedEvent): void {
    // One that another listener has just taken off hears no more.
    if (!subscription.active) return;
    try {
      const heard = subscription.hearer.hear(event);
      if (heard instanceof Promise) heard.catch((error: unknown) => this.#failed(subscription, event, error));
    } catch (error) {
      this.#failed(subscription, event, error);
    }
  }

  #failed(subscription: Subscription, event: PublishedEvent, error: unknown): void {
    this.#failures += 1;
    subscription.failures += 1;
    if (subscription.failures > 1) return;
    const why = errorMessage(error);
    try {
      this.#warn(
        `The listener '${subscription.name}' of '${subscription.pattern}' failed at ${event.name}: ${why}. No workflow was touched; its further failures are counted, not told.`,
      );
    } catch {
      // Whoever hears the warnings is no part of a workflow either.
    }
  }

  #remove(subscription: Subscription): void {
    if (!subscription.active) return;
    subscription.active = false;
    this.#all.delete(subscription);
    this.#byName.clear();
    subscription.hearer.left?.();
  }
}
