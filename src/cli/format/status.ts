import type { TaskView } from '../../tasker.ts';
import type { Cell } from './table.ts';
import type { Style } from './paint.ts';

export type Status = TaskView['status'];

const styles: Readonly<Record<Status, Style>> = {
  pending: 'dim',
  in_progress: 'cyan',
  complete: 'green',
  error: 'red',
  cancelled: 'yellow',
  resolved_manually: 'green',
};

/** The states as a user may write them. */
export const statusNames: readonly string[] = Object.keys(styles);

export function isStatus(name: string): name is Status {
  return name in styles;
}

export function statusCell(status: Status): Cell {
  return { text: status, style: styles[status] };
}

export function statusStyle(status: Status): Style {
  return styles[status];
}
