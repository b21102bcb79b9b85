import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { nodeComplaint, requiredNode } from '../../src/shared/require-node.ts';

export const whyNoOldNode = `no Node older than ${requiredNode} on this machine's PATH`;

/** The first Node on the PATH that is too old for us. */
export function findOldNode(): string | null {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  for (const folder of folders) {
    const found = spawnSync(join(folder, 'node'), ['--print', 'process.versions.node'], { encoding: 'utf8' });
    if (found.status === 0 && nodeComplaint(found.stdout.trim()) !== null) return join(folder, 'node');
  }
  return null;
}
