import type { Deliver, SinkFigures } from '../signals/delivery.ts';
import { defineSubscriber, type SubscriberDefinition, type SubscriberInput } from './define-subscriber.ts';

/** A sink, as a subscriber that feeds it is given it. */
export interface FedSink<Signal> {
  /** Of the sink: the checkpoint is kept under it. */
  readonly sink: string;
  /** Done with whatever it is given, unless nobody waits any longer: then it answers `retryable`. */
  readonly deliver: Deliver<Signal>;
  readonly figures: () => SinkFigures;
}

/** A built-in subscriber whose handlers collect signals for one sink; its checkpoint follows when that is done with them. */
export function feedSink<Signal, State = undefined>(
  { deliver, figures }: FedSink<Signal>,
  input: SubscriberInput<State>,
): SubscriberDefinition {
  const fed = {
    batchSize: 2000,
    ...input,
    deliverBatch: async (signals: readonly unknown[], stop: AbortSignal) =>
      (await deliver(signals as readonly Signal[], { signal: stop })).kind !== 'retryable',
    sinkFigures: figures,
  };
  return defineSubscriber<State>(fed);
}
