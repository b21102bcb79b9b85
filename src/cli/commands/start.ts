import { setTimeout as delay } from 'node:timers/promises';

import type { ResolvedConfig } from '../../config/resolve-config.ts';
import { describeStorage } from '../../config/storage.ts';
import type { Tasker } from '../../tasker.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { TaskerError } from '../../shared/errors.ts';

const CHECK_EVERY_MS = 500;

export const startCommand = defineCommand<object>({
  name: 'start',
  summary: 'run an engine until it is told to stop',
  whenToUse:
    "Use it where tasks are to be worked on all the time: as a service, or in a second terminal. It takes up what earlier engines left, and what 'tasker run' and the other commands ask for. A store has one engine. SIGINT or SIGTERM stops it gracefully: no new steps, running ones get their grace; a second signal ends it at once.",
  examples: [
    ['tasker start', 'until Ctrl-C'],
    [
      'TASKER_ENV=production tasker start --config /srv/shop/tasker.config.ts --json',
      'as a service: one JSON line when it runs, one when it has stopped',
    ],
  ],
  options: [],
  run: runEngine,
});

async function runEngine(session: Session): Promise<ExitCode> {
  const stopAsked = session.io.interruption();
  const loaded = await session.loadConfig();
  return session.withTasker(loaded, async (tasker) => {
    await tasker.start();
    say(session, {
      event: 'engine.started',
      pid: process.pid,
      configuration: loaded.source,
      store: storeOf(tasker.resolvedConfig),
    });
    await untilStopped(tasker, stopAsked);
    session.note(`stopping (${tasker.status().attemptsRunning} attempts running)`);
    await tasker.stop();
    say(session, { event: 'engine.stopped', pid: process.pid });
    return exitCodes.ok.code;
  });
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

function storeOf(config: ResolvedConfig): string {
  return describeStorage(config.storage);
}
