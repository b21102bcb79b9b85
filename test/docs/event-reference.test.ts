import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { renderEventReference } from '../../scripts/event-reference.ts';

test('the event reference is what the catalog says today', () => {
  const written = readFileSync(new URL('../../docs/reference/events.md', import.meta.url), 'utf8');
  assert.equal(written, renderEventReference(), "run 'npm run docs'");
});
