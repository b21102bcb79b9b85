/** Local time, ISO-like: `2026-11-23 15:39:25.123`. Operators compare it with their own clock. */
export function formatTime(ms: number): string {
  return `${formatDate(ms)} ${formatTimeOfDay(ms)}`;
}

export function formatTimeOfDay(ms: number): string {
  const at = new Date(ms);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}

function formatDate(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
