import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Terminal } from './terminal.ts';

function terminalOn(redraws: boolean) {
  let written = '';
  let nowMs = 0;
  const terminal = new Terminal({ redraws, columns: () => 20, write: (text) => (written += text), nowMs: () => nowMs });
  return { terminal, written: () => written, pass: (ms: number) => (nowMs += ms) };
}

describe('the terminal of an incident', () => {
  it('keeps how it stands below what stays', () => {
    const { terminal, written } = terminalOn(true);
    terminal.status('1 checkout');
    terminal.print('ALERT');
    terminal.status('2 checkouts');
    terminal.endStatus();
    assert.equal(written(), '1 checkout\r\u001B[KALERT\n1 checkout\r\u001B[K2 checkouts\r\u001B[K');
  });

  it('cuts what would wrap', () => {
    const { terminal, written } = terminalOn(true);
    terminal.status('0123456789 0123456789');
    assert.equal(written(), '0123456789 01234567');
  });

  it('that cannot be redrawn is told how it stands when nothing else has been said for five seconds', () => {
    const { terminal, written, pass } = terminalOn(false);
    terminal.status('1 checkout');
    pass(4000);
    terminal.print('ALERT');
    pass(4000);
    terminal.status('2 checkouts');
    pass(1000);
    terminal.status('3 checkouts');
    terminal.endStatus();
    assert.equal(written(), 'ALERT\n3 checkouts\n');
  });
});
