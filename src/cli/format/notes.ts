import type { Annotation, TaskView } from '../../tasker.ts';
import type { Paint } from './paint.ts';
import { shorten } from './printable.ts';
import { formatRows, type CellInput } from './table.ts';
import { formatTime } from './time.ts';

const longestValue = 200;

/** What people and handlers have noted on the task, newest last; nothing where nobody has. */
export function formatNotes({ annotations }: TaskView, paint: Paint): string {
  if (annotations.length === 0) return '';
  return `${paint('dim', '  NOTES')}\n${formatRows(annotations.map(toRow), paint)}\n`;
}

function toRow({ at, key, value, by, step, attempt }: Annotation): CellInput[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const about = step === null ? '' : attempt === null ? step : `${step} #${attempt}`;
  return [
    { text: `  ${formatTime(at)}`, style: 'dim' },
    about,
    key,
    `${shorten(text, longestValue)}${by === null ? '' : `, by ${by}`}`,
  ];
}
