import { setTimeout as delay } from 'node:timers/promises';

import { isTaskerError } from '../../shared/errors.ts';
import type { TaskHandle, Tasker, TaskRequest, TaskView } from '../../tasker.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { followTask } from '../follow-task.ts';
import { formatProgress } from '../format/progress.ts';
import { formatOutcome, formatSteps, taskName } from '../format/task-summary.ts';
import { requestOptions, toRequest, type RequestOptions } from '../request-options.ts';
import type { Session } from '../session.ts';
import { findTemplate } from '../template-argument.ts';

interface RunOptions extends RequestOptions {
  readonly detach?: true;
}

/** `own`: this process advances the task; `other`: the engine that runs on the store does. */
type Engine = 'own' | 'other';

const POLL_EVERY_MS = 100;
const RETRY_EVERY_MS = 250;

export const runCommand = defineCommand<RunOptions>({
  name: 'run',
  arguments: '<template>',
  summary: 'run a task and follow it to its end',
  whenToUse:
    'Use it to start work by hand, from a script or while writing a template. TEMPLATE is a name (namespace.name, or namespace.name@version), or a YAML file, whose handlers come from the configuration. With an engine on the store the task is submitted to it; without one this process does the work itself, of this task only. The exit code is 0 when the task ended well.',
  examples: [
    ['tasker run shop.order --context \'{"order_id": 4711}\'', 'the newest version of a template'],
    ['tasker run config/order.yaml --context order.json', 'a template that is being written, context from a file'],
    [
      'make-order | tasker run shop.order@1.2.0 --context - --idempotency-key order-4711 --json',
      'from a script: safe to repeat',
    ],
    ['tasker run shop.order --context order.json --detach', 'hand it to the running engine and do not wait'],
  ],
  options: requestOptions(),
  run: runTask,
});

async function runTask(session: Session, [template = '']: readonly string[], options: RunOptions): Promise<ExitCode> {
  const interruption = session.io.interruption();
  const found = await findTemplate(session, template, options);
  const request = await toRequest(found.name, options, session.io);
  return session.withTasker(found.loaded, async (tasker) => {
    const submitted = await submitSomewhere(session, tasker, {
      request,
      detach: options.detach === true,
      interruption,
    });
    if (submitted === null) return exitCodes.interrupted.code;
    const { engine, handle } = submitted;
    if (handle === null) return exitCodes.notApplied.code;
    if (options.detach) return report(session, await tasker.get(handle.id), { engine, handle, detached: true });
    const task = await follow(session, tasker, handle, { engine, interruption });
    return task === null ? exitCodes.interrupted.code : report(session, task, { engine, handle, detached: false });
  });
}

/** To this process if it can become the engine, else to the one that runs; null when interrupted before either. */
async function submitSomewhere(
  session: Session,
  tasker: Tasker,
  work: { readonly request: TaskRequest; readonly detach: boolean; readonly interruption: AbortSignal },
): Promise<{ engine: Engine; handle: TaskHandle | null } | null> {
  let commandId: string | undefined;
  let told = false;
  for (;;) {
    const engine = work.detach ? 'other' : await chooseEngine(tasker);
    try {
      return { engine, handle: await tasker.run(work.request, commandId === undefined ? {} : { commandId }) };
    } catch (error) {
      if (isTaskerError(error, 'TASKER_COMMAND_NOT_APPLIED')) {
        // The engine ended before it came to the request: this process becomes the next one, and does that very request.
        if (work.detach || error.details['engineRunning'] !== false) return notApplied(session, engine, error);
        commandId = String(error.details['commandId']);
      } else if (!work.detach && isTaskerError(error, 'TASKER_ENGINE_OCCUPIED')) {
        commandId = undefined;
        if (!told) session.note("waiting: another 'tasker run' has the store until its task has ended");
        told = true;
        // Or it ended between the look and the request.
      } else if (work.detach || !isTaskerError(error, 'TASKER_ENGINE_NOT_RUNNING')) throw error;
    }
    await delay(RETRY_EVERY_MS, undefined, { signal: work.interruption }).catch(() => undefined);
    if (!work.interruption.aborted) continue;
    session.note(
      commandId === undefined
        ? 'interrupted: nothing was created'
        : "interrupted: the request is stored; 'tasker start' carries it out",
    );
    return null;
  }
}

function notApplied(session: Session, engine: Engine, error: Error): { engine: Engine; handle: null } {
  if (session.json) session.printJson({ applied: false, engine, existing: false, task: null });
  else session.print('applied at the next start\n');
  session.note(error.message);
  return { engine, handle: null };
}

async function chooseEngine(tasker: Tasker): Promise<Engine> {
  if (await tasker.isEngineRunning()) return 'other';
  try {
    await tasker.start({ advance: 'own' });
    return 'own';
  } catch (error) {
    // Somebody started one in this very moment: as good.
    if (isTaskerError(error, 'TASKER_ENGINE_ALREADY_RUNNING')) return 'other';
    throw error;
  }
}

async function follow(
  session: Session,
  tasker: Tasker,
  handle: TaskHandle,
  around: { readonly engine: Engine; readonly interruption: AbortSignal },
): Promise<TaskView | null> {
  const { paintNote } = session;
  const by = around.engine === 'own' ? 'in this process' : 'by the running engine';
  session.note(`${paintNote('bold', handle.id)}  ${handle.existing ? 'was there already' : `runs ${by}`}`);
  try {
    return await followTask(tasker, handle, {
      signal: around.interruption,
      pollEveryMs: POLL_EVERY_MS,
      onEvents: (events) => {
        for (const line of formatProgress(events, paintNote)) session.note(line);
      },
    });
  } catch (error) {
    if (!isTaskerError(error, 'TASKER_WAIT_ABORTED') || !around.interruption.aborted) throw error;
    const goesOn =
      around.engine === 'own' ? "is kept; 'tasker start' goes on with it" : 'goes on in the running engine';
    if (session.json)
      session.printJson({
        applied: true,
        engine: around.engine,
        existing: handle.existing,
        task: await tasker.get(handle.id),
      });
    session.note(`interrupted: the task ${goesOn}`);
    return null;
  }
}

function report(
  session: Session,
  task: TaskView,
  outcome: { readonly engine: Engine; readonly handle: TaskHandle; readonly detached: boolean },
): ExitCode {
  const { engine, handle, detached } = outcome;
  if (session.json) session.printJson({ applied: true, engine, existing: handle.existing, task });
  else if (detached) session.print(`${task.id}\n`);
  else
    session.print(
      formatOutcome(task, session.io.now(), session.paint) + formatSteps(task, session.io.now(), session.paint),
    );
  if (detached) {
    session.hint(`'tasker show ${task.id}' tells how ${taskName(task)} goes`);
    return exitCodes.ok.code;
  }
  const endedWell = task.status === 'complete' || task.status === 'resolved_manually';
  if (!endedWell) session.hint(`'tasker show ${task.id}' tells what happened`);
  return endedWell ? exitCodes.ok.code : exitCodes.failed.code;
}
