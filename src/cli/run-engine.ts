import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { describeStorage } from '../config/storage.ts';
import { TaskerError } from '../shared/errors.ts';
import type { StartOptions, Tasker, TaskerConfigInput } from '../tasker.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';

const CHECK_EVERY_MS = 500;

export interface EngineRun {
  readonly advance?: StartOptions['advance'];
  /** What the command line says on top of the configuration. */
  readonly configured?: (config: TaskerConfigInput) => TaskerConfigInput;
}

/** Runs an engine until SIGINT or SIGTERM asks it to stop. */
export async function runEngine(session: Session, { advance, configured }: EngineRun = {}): Promise<ExitCode> {
  const stopAsked = session.io.interruption();
  const loaded = await session.loadConfig();
  const config = configured?.(loaded.config) ?? loaded.config;
  return session.withTasker({ ...loaded, config }, async (tasker) => {
    if (stopAsked.aborted) return exitCodes.ok.code;
    const started = tasker.start(advance === undefined ? {} : { advance });
    // Its observers may take seconds to start, and whoever stops it has a deadline.
    await Promise.race([started, asked(stopAsked)]);
    if (!stopAsked.aborted) {
      say(session, {
        event: 'engine.started',
        pid: process.pid,
        configuration: loaded.source,
        store: describeStorage(tasker.resolvedConfig.storage),
      });
      await untilStopped(tasker, stopAsked);
    }
    session.note(`stopping (${tasker.status().attemptsRunning} attempts running)`);
    await tasker.stop();
    say(session, { event: 'engine.stopped', pid: process.pid });
    return exitCodes.ok.code;
  });
}

async function asked(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** An engine that gave up by itself must not leave a process that looks alive. */
async function untilStopped(tasker: Tasker, stopAsked: AbortSignal): Promise<void> {
  while (!stopAsked.aborted) {
    const { running, lastStorageError } = tasker.status();
    if (!running)
      throw new TaskerError(
        'TASKER_ENGINE_NOT_RUNNING',
        `the engine stopped by itself: ${lastStorageError ?? 'no reason known'}`,
      );
    await delay(CHECK_EVERY_MS, undefined, { signal: stopAsked }).catch(() => undefined);
  }
}

function say(session: Session, line: { readonly event: string } & Readonly<Record<string, unknown>>): void {
  const { event, ...rest } = line;
  const words = Object.entries(rest).map(([key, value]) => `${key} ${String(value)}`);
  session.print(session.json ? `${JSON.stringify(line)}\n` : `${event}  ${words.join('  ')}\n`);
}
