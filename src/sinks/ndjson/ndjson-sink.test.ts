import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';

import type { LogRecord } from '../../signals/log-record.ts';
import { ndjsonSink } from './ndjson-sink.ts';
import { writeFailure } from './write-failure.ts';

const record: LogRecord = {
  timestampMs: 1_790_000_000_000,
  severity: 'warn',
  eventName: 'task.sla_breached',
  body: 'Too late.',
  traceId: 'a'.repeat(32),
  spanId: null,
  attributes: { 'tasker.task.id': 't1' },
};
const { signal } = new AbortController();

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tasker-ndjson-'));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

test('a record is one line, under the names of OpenTelemetry', async (t) => {
  const file = join(await folder(t), 'a', 'events.ndjson');
  await ndjsonSink({ to: { file } }).logs([record, { ...record, traceId: null }], { signal });
  const [first, second, end] = (await readFile(file, 'utf8')).split('\n');
  assert.equal(
    first,
    `{"timestamp":"2026-09-21T14:13:20.000Z","severity_text":"WARN","severity_number":13,"event_name":"task.sla_breached","body":"Too late.","trace_id":"${'a'.repeat(32)}","attributes":{"tasker.task.id":"t1"}}`,
  );
  assert.ok(!second?.includes('trace_id'));
  assert.equal(end, '');
});

test('a file that was moved away is made anew', async (t) => {
  const file = join(await folder(t), 'events.ndjson');
  const sink = ndjsonSink({ to: { file } });
  await sink.logs([record], { signal });
  await rename(file, `${file}.1`);
  assert.deepEqual(await sink.logs([record], { signal }), { kind: 'delivered' });
  assert.equal((await readFile(file, 'utf8')).split('\n').length, 2);
});

test('a full disk is worth another try, a folder in the place of the file is not', async (t) => {
  const full = await ndjsonSink({ to: { file: '/dev/full' } }).logs([record], { signal });
  assert.deepEqual(full, {
    kind: 'retryable',
    reason: '/dev/full cannot be written: the disk is full (ENOSPC)',
    afterMs: 5000,
  });
  const here = await folder(t);
  const refused = await ndjsonSink({ to: { file: here } }).logs([record], { signal });
  assert.deepEqual(refused, { kind: 'rejected', reason: `${here} cannot be written (EISDIR)` });
  assert.equal(writeFailure('odd', 'it').kind, 'rejected');
});

test('after a write that may have failed half way, the next line is a line of its own', async (t) => {
  const here = await folder(t);
  const file = join(here, 'events.ndjson');
  const link = join(here, 'link');
  const sink = ndjsonSink({ to: { file: link } });
  await symlink('/dev/full', link);
  assert.equal((await sink.logs([record], { signal })).kind, 'retryable');
  await rm(link);
  await symlink(file, link);
  await writeFile(file, '{"torn');
  for (let count = 0; count < 2; count += 1) assert.equal((await sink.logs([record], { signal })).kind, 'delivered');
  assert.deepEqual(
    (await readFile(file, 'utf8')).split('\n').map((line) => line.slice(0, 6)),
    ['{"torn', '{"time', '{"time', ''],
  );
});

test('a stream that has failed is told as such for good, though it would take more', async () => {
  const stream = new Writable({
    autoDestroy: false,
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('no'), { code: 'ENOSPC' })),
  });
  const sink = ndjsonSink({ to: { stream } });
  const said = [await sink.logs([record], { signal }), await sink.logs([record], { signal })];
  assert.deepEqual(
    said.map((one) => 'reason' in one && one.reason),
    [
      'the stream cannot be written: the disk is full (ENOSPC)',
      'the stream cannot be written: the stream is closed (ERR_STREAM_DESTROYED)',
    ],
  );
});

test('a stream whose reader never reads keeps nobody beyond the end of their patience', async () => {
  const stream = new Writable({ write: () => undefined });
  const patience = new AbortController();
  const trying = ndjsonSink({ to: { stream } }).logs([record], { signal: patience.signal });
  patience.abort();
  assert.equal((await trying).kind, 'retryable');
});

test('standard output whose reader has gone is told as such and does not end the process', async () => {
  const script = `
    import { ndjsonSink } from ${JSON.stringify(new URL('./ndjson-sink.ts', import.meta.url).href)};
    const sink = ndjsonSink();
    const { signal } = new AbortController();
    process.stdin.once('data', async () => {
      const said = [];
      for (let n = 0; n < 3; n += 1) said.push((await sink.logs([${JSON.stringify(record)}], { signal })).reason);
      await sink.close();
      process.stderr.write(said.at(-1) + '\\n', () => process.exit(7));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  child.stdout.destroy();
  child.stdin.write('go\n');
  assert.equal(await ended, 7, said);
  assert.match(said, /^standard output cannot be written: (its reader has gone|the stream is closed)/);
});
