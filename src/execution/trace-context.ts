/** W3C Trace Context, level 2. What does not parse starts a new trace, as the standard asks: it came from outside. */
export function parseTraceparent(
  text: string | undefined,
): { traceId: string; spanId: string; sampled: boolean } | null {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text ?? '');
  if (match === null) return null;
  const [, version = '', trace = '', span = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
  if (/^0+$/.test(trace) || /^0+$/.test(span)) return null;
  return { traceId: trace, spanId: span, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent(span: { traceId: string; spanId: string; sampled: boolean }): string {
  return `00-${span.traceId}-${span.spanId}-${span.sampled ? '01' : '00'}`;
}

const member = /^[a-z0-9][-a-z0-9_*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** One that is not as the standard has it is dropped, not handed on. */
export function isTracestate(text: string | undefined): text is string {
  const members = text?.split(',').map((part) => part.replace(/^[ \t]+|[ \t]+$/g, '')) ?? [''];
  return members.length <= 32 && members.every((part) => member.test(part));
}
