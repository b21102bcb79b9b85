import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { FraudCase } from './fraud-watcher.ts';

/** Opens cases as lines of JSON in a file, which is what the shop's fraud desk has. */
export function writeCase(file: string): (fraud: FraudCase, idempotencyKey: string) => Promise<void> {
  return async (fraud, idempotencyKey) => {
    await mkdir(dirname(file), { recursive: true });
    await appendFile(file, `${JSON.stringify({ ...fraud, idempotencyKey })}\n`);
  };
}
