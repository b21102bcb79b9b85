// The other side of `writer-thread.ts`: a store's writer in a worker thread.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

import type { Change } from '../src/execution/task-store.ts';
import type { WorkerInfo } from '../src/execution/workers.ts';
import { openSqlite } from '../src/storage/sqlite/open-sqlite.ts';

export type WriterRequest =
  | { readonly id: number; readonly kind: 'join'; readonly worker: WorkerInfo }
  | { readonly id: number; readonly kind: 'leave'; readonly workerId: string }
  | { readonly id: number; readonly kind: 'commit'; readonly changes: readonly Change[] };

const { file } = workerData as { file: string };
const storage = await openSqlite({ file, maxBytes: null });
const port = parentPort;
if (port === null) throw new Error('expected to run in a worker thread');

async function answer(request: WriterRequest): Promise<unknown> {
  switch (request.kind) {
    case 'join':
      return storage.workers.join(request.worker, () => []);
    case 'leave':
      await storage.workers.leave(request.workerId, []);
      return storage.close();
    case 'commit':
      return storage.tasks.commit(request.changes);
  }
}

async function serve(request: WriterRequest, to: MessagePort): Promise<void> {
  to.postMessage({ id: request.id, result: await answer(request) });
  if (request.kind === 'leave') to.close();
}

port.on('message', (request: WriterRequest) => void serve(request, port));
