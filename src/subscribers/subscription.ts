import type { JsonObject } from '../shared/json.ts';
import type { SubscriberClass, SubscriberOptions } from './define-subscriber.ts';

/** A subscriber class as a subscription file, or a module's options, configure it. What is not said the class says itself. */
export interface Subscription {
  readonly subscriberClass: SubscriberClass;
  readonly name?: string;
  /** Names or patterns. */
  readonly events?: readonly string[];
  /** What its constructor is given. */
  readonly config: JsonObject;
  readonly options?: Pick<SubscriberOptions, 'startFrom' | 'onPark' | 'timeoutMs'>;
}
