import type { LoggedEvent } from '../../tasker.ts';
import type { Paint } from './paint.ts';
import { printable, shorten } from './printable.ts';
import { formatRows, type CellInput } from './table.ts';
import { formatTime } from './time.ts';

const PAYLOAD_COLUMNS = 100;

export const eventHeading: readonly string[] = ['POSITION', 'TIME', 'EVENT', 'TASK', 'STEP', 'PAYLOAD'];

export function toEventRow(event: LoggedEvent): CellInput[] {
  const step = event.step === null ? '' : event.attempt === null ? event.step : `${event.step} #${event.attempt}`;
  return [
    { text: String(event.position), align: 'right' },
    formatTime(event.occurredAt),
    { text: event.name, style: 'bold' },
    event.taskId ?? '',
    step,
    { text: shorten(printable(JSON.stringify(event.payload)), PAYLOAD_COLUMNS), style: 'dim' },
  ];
}

/** The longest of the engine's own names and ids; a longer one moves the rest of its line. */
const widths = [8, 23, 27, 36, 20] as const;

/** One line by itself, in columns that fit the lines before and after it: those are not known yet. */
export function formatEventLine(event: LoggedEvent, paint: Paint): string {
  const row = toEventRow(event).map((cell, column): CellInput => {
    const { text, ...rest } = typeof cell === 'string' ? { text: cell } : cell;
    const width = widths[column] ?? 0;
    const plain = printable(text);
    return { ...rest, text: column === 0 ? plain.padStart(width) : plain.padEnd(width) };
  });
  return formatRows([row], paint);
}
