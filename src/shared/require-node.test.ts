import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeComplaint } from './require-node.ts';

test('a Node that is too old is told what was expected, what came and what to do', () => {
  for (const old of ['18.20.4', '20.20.2', '22.17.9']) {
    assert.match(
      nodeComplaint(old) ?? '',
      new RegExp(`needs Node.js 22\\.18 or newer and runs on ${old.replaceAll('.', '\\.')}. Install`),
    );
  }
});

test('the oldest supported Node and newer ones pass', () => {
  for (const good of ['22.18.0', '22.23.3', '24.0.0', '26.10.0']) assert.equal(nodeComplaint(good), null);
});
