import { rmSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { Storage } from '../../src/execution/storage.ts';
import { isTaskerError } from '../../src/shared/errors.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { creation, event, worker } from '../../src/testing/contracts/fixtures.ts';

/** Another process for the tests of storage: does as its arguments say and answers in lines of JSON. */
const [, , command, file = '', argument] = process.argv;

function say(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

function bigTask(id: string) {
  const body = JSON.stringify({ payload: { padding: 'x'.repeat(4_000) } });
  return creation(id, {
    events: [event(`of-${id}`, { taskId: id, body })],
    release: { dueAt: null, deadlineAt: null },
  });
}

async function join(storage: Storage): Promise<void> {
  await storage.workers.join({ ...worker, pid: process.pid }, () => []);
}

/** Commits until it is refused, frees the space that `ballast` takes, and commits again. */
async function fill(storage: Storage, ballast: string): Promise<void> {
  let written = 0;
  try {
    for (;;) {
      await storage.tasks.commit([bigTask(`t${written}`), bigTask(`u${written}`)]);
      written += 1;
    }
  } catch (error) {
    const [loaded, position] = [await storage.tasks.load(`t${written}`), await storage.log.lastPosition()];
    rmSync(ballast);
    const [again] = await storage.tasks.commit([bigTask('again')]);
    say({ code: isTaskerError(error) ? error.code : String(error), written, loaded, position, again: again?.kind });
  }
}

async function run(): Promise<void> {
  const storage = await openSqlite({ file, maxBytes: null, readOnly: argument === 'read-only' });
  switch (command) {
    case 'open':
      // Two reads: during the second, only the wait for its answer keeps this process alive.
      await storage.reader.countByStatus();
      say({ tasks: (await storage.reader.list({ limit: 100 })).tasks.map((task) => task.id) });
      return storage.close();
    case 'probe':
      say({ running: await storage.workers.isEngineRunning() });
      return storage.close();
    case 'fill':
      await fill(storage, argument ?? '');
      return storage.close();
    case 'hold':
      await join(storage);
      // Nothing refers to the storage from here on: being the engine must not depend on that.
      setImmediate(() => {
        collectGarbage();
        setImmediate(say, { joined: true });
      });
      setInterval(() => undefined, 60_000);
      return;
    case 'write':
      await join(storage);
      for (let index = 0; ; index += 1) {
        await storage.tasks.commit([bigTask(`t${index}`)]);
        say({ acknowledged: `t${index}` });
        await new Promise(setImmediate);
      }
    default:
      throw new Error(`unknown command '${command}'`);
  }
}

run().catch((error: unknown) => {
  if (!isTaskerError(error)) throw error;
  say({ code: error.code, message: error.message });
});
