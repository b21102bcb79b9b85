/** Whoever asks for more has made a slip, and would be asked again too late to notice. */
const longestMs = 86_400_000;

/** How long `Retry-After` asks to wait, in seconds or until a date; null for what is neither. */
export function retryAfterMs(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Math.min(Number(text) * 1000, longestMs);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - nowMs), longestMs);
}
