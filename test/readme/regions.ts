export interface Region {
  /** The file whose text the block repeats, from the root of the project. */
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

const opening = /^<!-- region: (\S+) -->$/;
const closing = '<!-- endregion -->';

/**
 * The blocks of a document that repeat a tested file. A marker that is not followed by exactly one block and the
 * closing marker throws: a slip there would leave the block unchecked, and nobody would know.
 */
export function regionsOf(document: string): readonly Region[] {
  const lines = document.split('\n');
  const regions: Region[] = [];
  for (const [index, line] of lines.entries()) {
    const file = opening.exec(line)?.[1];
    if (file === undefined) {
      if (line.includes('<!-- region')) throw new Error(`Line ${index + 1}: expected '<!-- region: FILE -->' alone`);
      continue;
    }
    const end = lines.indexOf(closing, index);
    const block = lines.slice(index + 1, end);
    const fences = block.filter((one) => one.startsWith('```'));
    if (end === -1 || fences.length !== 2 || block[0] !== '```ts' || block.at(-1) !== '```') {
      throw new Error(`Line ${index + 1}: expected one block of ts and '${closing}' after the region of ${file}`);
    }
    regions.push({ file, line: index + 1, code: `${block.slice(1, -1).join('\n')}\n` });
  }
  return regions;
}

// The example goes through a door of its own, which stands for the package too.
const ownDoor = /'(?:(?:\.\.\/)+src\/index|\.\.\/tasker)\.ts'/g;

/** What a tested file says to a reader who has installed the package. */
export function asInstalled(text: string): string {
  return text.replace(/'(?:\.\.\/)+src\/testing\/index\.ts'/g, `'tasker/testing'`).replace(ownDoor, `'tasker'`);
}
