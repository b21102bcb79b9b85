import { styleText } from 'node:util';

import type { Io, Output } from '../io.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Paint = (style: Style, text: string) => string;

/** https://no-color.org: any value that is not empty switches colours off. */
export function paintFor(output: Output, io: Pick<Io, 'env'>): Paint {
  const coloured = output.isTTY && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';
  return coloured ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
