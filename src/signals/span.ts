/** What a span may say; anything deeper is written as JSON by whoever makes the span. */
export type SpanValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

export type SpanAttributes = Readonly<Record<string, SpanValue>>;

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export interface SpanLink {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly attributes: SpanAttributes;
}

export type SpanStatus =
  | { readonly code: 'unset' }
  /** `message` holds nothing secret: it is for whoever looks at the trace. */
  | { readonly code: 'error'; readonly message?: string };

/**
 * One piece of a trace that has ended, after OpenTelemetry's trace data model. Plain JSON. A span that is
 * delivered twice is the same span: nothing in it depends on when it is made.
 */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Null for the first of its trace. */
  readonly parentSpanId: string | null;
  /** The parent was made by another process than ours. */
  readonly parentIsRemote: boolean;
  /** W3C trace state. */
  readonly traceState: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since the Unix epoch. */
  readonly startMs: number;
  /** Milliseconds since the Unix epoch; the same as `startMs` for what has no length. */
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  readonly links: readonly SpanLink[];
  readonly status: SpanStatus;
}
