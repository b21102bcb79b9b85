import type { MessagePort } from 'node:worker_threads';

import { errorMessage, isTaskerError } from '../../shared/errors.ts';
import { ThreadCalls } from '../../shared/thread-calls.ts';
import type { ReplayOptions } from '../replay.ts';
import type { SubscriberGroup } from '../subscriber-group.ts';
import type { Progress, ProgressWriter } from '../subscriber-store.ts';
import type { ObserverHost } from './observer-host.ts';
import { receivedResult, type SentResult, type Standings, type ThreadBeginning } from './observer-protocol.ts';

/** What a thread's subscribers have of the engine's. */
export interface EngineSide {
  readonly writer: ProgressWriter;
  readonly removedUpTo: () => Promise<number>;
  readonly writeOut: ObserverHost['writeOut'];
  readonly warn: ObserverHost['warn'];
  readonly onProblem: (error: unknown) => void;
}

export interface OpenedGroup {
  readonly group: SubscriberGroup;
  readonly close: () => Promise<void>;
}

/** How far each has come, so that lag is known without asking. */
const standingsEveryMs = 200;

/** The thread's end of `ObserverThread`: makes the group when it is to start, and does what it is asked. */
export function serveGroup(
  port: MessagePort,
  open: (engine: EngineSide, beginning: ThreadBeginning) => Promise<OpenedGroup>,
): void {
  let opened: OpenedGroup | null = null;
  let telling: NodeJS.Timeout | undefined;
  const group = (): SubscriberGroup => {
    if (opened === null) throw new Error('the thread was asked before it was started');
    return opened.group;
  };
  const standings = (): Standings =>
    Object.fromEntries(group().subscribers.map(({ name }) => [name, group().standing(name)]));
  const calls = new ThreadCalls(port, {
    async start(beginning: ThreadBeginning): Promise<Standings> {
      opened = await open(engine, beginning);
      await group().start();
      telling = setInterval(() => calls.tell('standings', standings()), standingsEveryMs);
      return standings();
    },
    wake: () => group().wake(),
    look(): Standings {
      group().look();
      return standings();
    },
    retryParked: (name: string, position?: number) => group().retryParked(name, position),
    dropParked: (name: string, position?: number) => group().dropParked(name, position),
    replay: (name: string, options: Omit<ReplayOptions, 'onProgress'>) =>
      group().replay(name, { ...options, onProgress: (progress) => calls.tell('progress', name, progress) }),
    abortReplays: () => group().abortReplays(),
    view: (name: string) => group().view(name),
    release: (name: string) => group().release(name),
    async stop(): Promise<Standings> {
      await group().stop();
      clearInterval(telling);
      const last = standings();
      await opened?.close();
      return last;
    },
  });
  const engine: EngineSide = {
    writer: {
      save: async (progress: Progress) => receivedResult(await calls.call<SentResult>('save', progress)),
    },
    removedUpTo: () => calls.call('removedUpTo'),
    writeOut: async (text, signal) => {
      const code = await unlessAborted(calls.call<string | null>('writeOut', text), signal);
      if (code !== null) throw Object.assign(new Error(code), { code });
    },
    warn: (message) => calls.tell('warn', message),
    onProblem: (error) => calls.tell('problem', errorMessage(error), isTaskerError(error) ? error.code : null),
  };
  port.on('message', (message) => calls.received(message));
  // What nobody awaits belongs to no event: the handler it came from fails in its own way, or does not.
  process.on('uncaughtException', engine.onProblem);
  process.on('unhandledRejection', engine.onProblem);
}

/** Standard output that nobody reads must not keep whoever waits. */
async function unlessAborted<T>(done: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = Promise.withResolvers<never>();
  const giveUp = (): void => late.reject(Object.assign(new Error('nobody reads'), { code: 'EAGAIN' }));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([done, late.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
