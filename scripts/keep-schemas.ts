// Keeps the digests of new events and new versions. What is kept already is never overwritten.
import { existsSync, writeFileSync } from 'node:fs';

import { brokenPromises, digestsFile, keptDigests, withToday } from './schema-digests.ts';

const kept = existsSync(digestsFile) ? keptDigests() : {};
const broken = brokenPromises(kept);
if (broken.length > 0) {
  console.error(broken.join('\n'));
  process.exitCode = 1;
} else writeFileSync(digestsFile, `${JSON.stringify(withToday(kept), null, 2)}\n`);
