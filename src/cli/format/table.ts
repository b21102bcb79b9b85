import type { Paint, Style } from './paint.ts';
import { printable } from './printable.ts';

export interface Cell {
  readonly text: string;
  readonly style?: Style;
  readonly align?: 'right';
}

export type CellInput = Cell | string;

/** Aligned columns under a heading; the last column is never padded, so that lines can be copied. */
export function formatTable(heading: readonly string[], rows: readonly (readonly CellInput[])[], paint: Paint): string {
  const headCells = heading.map((text, column): Cell => {
    const below = rows[0]?.[column];
    const align = below === undefined ? undefined : toCell(below).align;
    return { text, style: 'dim', ...(align && { align }) };
  });
  return formatRows([headCells, ...rows], paint);
}

/** The same without a heading. */
export function formatRows(rows: readonly (readonly CellInput[])[], paint: Paint): string {
  const cells = rows.map((row) => row.map(toCell));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.text.length);
  }
  return cells.map((row) => `${formatRow(row, widths, paint)}\n`).join('');
}

function formatRow(row: readonly Cell[], widths: readonly number[], paint: Paint): string {
  return row
    .map((cell, column) => {
      const painted = cell.style === undefined || cell.text === '' ? cell.text : paint(cell.style, cell.text);
      const space = ' '.repeat((widths[column] ?? 0) - cell.text.length);
      if (cell.align === 'right') return space + painted;
      return column === row.length - 1 ? painted : painted + space;
    })
    .join('  ')
    .trimEnd();
}

function toCell(input: CellInput): Cell {
  const cell = typeof input === 'string' ? { text: input } : input;
  return { ...cell, text: printable(cell.text) };
}
