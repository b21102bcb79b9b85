import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { formatDuration, parseDuration } from '../../src/cli/format/duration.ts';
import { paintFor } from '../../src/cli/format/paint.ts';
import { printable } from '../../src/cli/format/printable.ts';
import { formatTable } from '../../src/cli/format/table.ts';
import { formatTime } from '../../src/cli/format/time.ts';
import { parseSince } from '../../src/cli/option-values.ts';
import { parseName } from '../../src/cli/template-argument.ts';

const plain = (_style: string, text: string): string => text;

describe('durations', () => {
  it('are told in the largest unit that says enough', () => {
    const told = [0, 0.42, 12.4, 120, 999.6, 1234, 59_949, 59_990, 200_000, 3_599_900, 7_500_000, 273_600_000].map(
      formatDuration,
    );
    assert.deepEqual(told, [
      '0 ms',
      '0.4 ms',
      '12 ms',
      '120 ms',
      '1.0 s',
      '1.2 s',
      '59.9 s',
      '1 min',
      '3 min 20 s',
      '60 min',
      '2 h 5 min',
      '3 d 4 h',
    ]);
  });

  it('are read with a unit, and only with one', () => {
    assert.deepEqual(
      ['15m', '2h', '3d', '1.5 s', '250ms', '1w'].map(parseDuration),
      [900_000, 7_200_000, 259_200_000, 1500, 250, 604_800_000],
    );
    assert.deepEqual(['15', 'm', '-2h', '2 hours', ''].map(parseDuration), [null, null, null, null, null]);
  });
});

describe('--since', () => {
  const now = Date.UTC(2026, 10, 23, 12);

  it('counts back from now, or names a time', () => {
    assert.equal(parseSince('2h', now), now - 7_200_000);
    assert.equal(parseSince('2026-11-23T10:00:00Z', now), Date.UTC(2026, 10, 23, 10));
  });

  it('takes a date, and the time as it is printed, for local', () => {
    assert.equal(parseSince('2026-11-23', now), new Date(2026, 10, 23).getTime());
    const at = new Date(2026, 10, 23, 14, 5, 6, 7).getTime();
    assert.equal(parseSince(formatTime(at), now), at);
  });

  it('refuses anything else with examples', () => {
    for (const text of ['yesterday', '2026-13-01', '23.11.2026', '5']) {
      assert.throws(() => parseSince(text, now), { code: 'TASKER_CLI_USAGE' });
    }
  });
});

describe('tables', () => {
  it('align their columns and leave no space at the ends of lines', () => {
    const table = formatTable(
      ['NAME', 'TOOK', ''],
      [
        ['a', { text: '1 ms', align: 'right' }, 'x'],
        ['longer', { text: '120 ms', align: 'right' }, ''],
      ],
      plain,
    );
    assert.equal(table, 'NAME      TOOK\na         1 ms  x\nlonger  120 ms\n');
  });

  it('measure text without its colours', () => {
    const paint = (_style: string, text: string): string => `<${text}>`;
    assert.equal(formatTable(['A', 'B'], [[{ text: 'red', style: 'red' }, 'b']], paint), '<A>    <B>\n<red>  b\n');
  });

  it('let no control character through', () => {
    assert.equal(printable('a\u001b[2J\nb\u202e'), 'a\\u001b[2J b\\u202e');
  });
});

describe('colours', () => {
  const painted = (isTTY: boolean, env: Record<string, string>): string =>
    paintFor({ isTTY, open: true, columns: 80, write: () => undefined, flush: () => Promise.resolve() }, { env })(
      'red',
      'x',
    );

  it('are for terminals, and NO_COLOR switches them off', () => {
    assert.equal(painted(true, {}), '\u001b[31mx\u001b[39m');
    assert.equal(painted(false, {}), 'x');
    assert.equal(painted(true, { NO_COLOR: '1' }), 'x');
    assert.equal(painted(true, { NO_COLOR: '' }), '\u001b[31mx\u001b[39m');
    assert.equal(painted(true, { TERM: 'dumb' }), 'x');
  });
});

describe('template names', () => {
  it('have an optional namespace and version', () => {
    assert.deepEqual(parseName('order'), { name: 'order' });
    assert.deepEqual(parseName('shop.order'), { name: 'order', namespace: 'shop' });
    assert.deepEqual(parseName('eu.shop.order@1.2.0'), { name: 'order', namespace: 'eu.shop', version: '1.2.0' });
    assert.throws(() => parseName('@1'), { code: 'TASKER_CLI_USAGE' });
  });
});
