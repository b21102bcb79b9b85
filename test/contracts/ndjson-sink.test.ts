import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';

import { ndjsonSink } from '../../src/index.ts';
import { sinkContract } from '../../src/testing/contracts/sink.contract.ts';

const namesIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { event_name: string }).event_name);

sinkContract(
  'ndjson to a file',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tasker-ndjson-'));
    const file = join(folder, 'logs', 'events.ndjson');
    // A device on which every write fails as on a full disk.
    const broken = ndjsonSink({ to: { file: '/dev/full' } });
    let sink = ndjsonSink({ to: { file } });
    return {
      sink: {
        name: sink.name,
        logs: (...given) => sink.logs(...given),
        close: () => sink.close?.() ?? Promise.resolve(),
      },
      arrived: async () => namesIn(await readFile(file, 'utf8').catch(() => '')),
      breakDestination: async () => {
        sink = broken;
      },
      cleanUp: () => rm(folder, { recursive: true }),
    };
  },
  { describe, it },
);

sinkContract(
  'ndjson to a stream',
  async () => {
    let text = '';
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
    return {
      sink: ndjsonSink({ to: { stream } }),
      arrived: async () => namesIn(text),
      breakDestination: async () => void stream.destroy(),
    };
  },
  { describe, it },
);
