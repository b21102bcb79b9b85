import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runbookAddress } from './runbook-address.ts';

test('a runbook is a page below the address that is configured, whether that ends with a slash or not', () => {
  for (const base of ['https://wiki.example/runbooks', 'https://wiki.example/runbooks/'])
    assert.equal(runbookAddress(base, 'step_stalled'), 'https://wiki.example/runbooks/step_stalled');
});

test('an address that says where the kind of policy belongs may have anything around it', () => {
  const base = 'https://git.example/shop/blob/main/docs/runbooks/{policy}.md';
  assert.equal(runbookAddress(base, 'error_ratio'), 'https://git.example/shop/blob/main/docs/runbooks/error_ratio.md');
  assert.equal(
    runbookAddress('https://wiki.example/?page={policy}', 'no_traffic'),
    'https://wiki.example/?page=no_traffic',
  );
});
