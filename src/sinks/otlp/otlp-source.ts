import type { SpanAttributes } from '../../signals/span.ts';
import type { ReadableSpan } from './readable-span.ts';

/** Whom spans and metrics come from. */
export interface OtlpSource {
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
}

/** One resource and scope for everything: the serializers group by identity. */
export function otlpSource(resource: SpanAttributes): OtlpSource {
  return {
    // Of the SDK's resource, what a serializer reads: an SDK is not needed to write signals down.
    resource: { attributes: resource, asyncAttributesPending: false } as ReadableSpan['resource'],
    instrumentationScope: { name: 'tasker' },
  };
}

/** Seconds and nanoseconds; to the microsecond, which is as fine as milliseconds with decimals are exact. */
export function hrTime(ms: number): [number, number] {
  const micros = Math.round(ms * 1000);
  return [Math.floor(micros / 1_000_000), (micros % 1_000_000) * 1000];
}
