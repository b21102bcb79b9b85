import { mkdirSync, writeFileSync } from 'node:fs';

import { renderEventReference } from './event-reference.ts';

mkdirSync(new URL('../docs/reference/', import.meta.url), { recursive: true });
writeFileSync(new URL('../docs/reference/events.md', import.meta.url), renderEventReference());
