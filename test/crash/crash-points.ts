import type { Storage } from '../../src/execution/storage.ts';

/** Where an engine can be killed. Each is a moment at which memory, store and outside world know different things. */
export const crashPoints = [
  /** Nothing of the group is written. */
  'recorder.before_commit',
  /** The group is on disk; nobody has been told. */
  'recorder.after_commit',
  /** The attempt is on disk, its handler is about to do its work. */
  'handler.before_effect',
  /** The handler has done its work; its outcome is not recorded. */
  'handler.after_effect',
  /** The engine has taken tasks from the queue and not yet looked at them. */
  'queue.after_take',
  /** A task was read and is about to be recovered. */
  'tasks.after_load',
  /** The engine has joined; nothing has been taken up. */
  'worker.after_join',
  /** The engine is about to say that it leaves. */
  'worker.before_leave',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** Puts a call of `reach` at every crash point of a storage; the code under test knows nothing of it. */
export function withCrashPoints(storage: Storage, reach: (point: CrashPoint) => void): Storage {
  return {
    ...storage,
    tasks: {
      async commit(changes) {
        reach('recorder.before_commit');
        const results = await storage.tasks.commit(changes);
        reach('recorder.after_commit');
        return results;
      },
      async load(taskId) {
        const task = await storage.tasks.load(taskId);
        reach('tasks.after_load');
        return task;
      },
    },
    async commitGroup(changes, progress) {
      reach('recorder.before_commit');
      const results = await storage.commitGroup(changes, progress);
      reach('recorder.after_commit');
      return results;
    },
    queue: {
      async takeDue(...query) {
        const taken = await storage.queue.takeDue(...query);
        if (taken.length > 0) reach('queue.after_take');
        return taken;
      },
      takeOverdue: (...query) => storage.queue.takeOverdue(...query),
      takeOne: (taskId) => storage.queue.takeOne(taskId),
      nextAt: () => storage.queue.nextAt(),
      watch: (onNews) => storage.queue.watch(onNews),
    },
    workers: {
      leaseMs: storage.workers.leaseMs,
      renew: (workerId) => storage.workers.renew(workerId),
      voidLost: (workerId, facts) => storage.workers.voidLost(workerId, facts),
      async join(worker, facts) {
        const position = await storage.workers.join(worker, facts);
        reach('worker.after_join');
        return position;
      },
      note: (workerId, events) => storage.workers.note(workerId, events),
      async leave(workerId, events) {
        reach('worker.before_leave');
        return storage.workers.leave(workerId, events);
      },
      isEngineRunning: () => storage.workers.isEngineRunning(),
    },
  };
}
