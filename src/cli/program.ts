import { readFileSync } from 'node:fs';

import { Command, Option } from 'commander';

import { alertsCommand } from './commands/alerts.ts';
import { annotateCommand } from './commands/annotate.ts';
import { backupCommand } from './commands/backup.ts';
import { cancelCommand } from './commands/cancel.ts';
import { catalogCommand } from './commands/catalog.ts';
import { configCommand } from './commands/config.ts';
import { eventsCommand } from './commands/events.ts';
import { generateCommand } from './commands/generate.ts';
import { labCommand } from './commands/lab.ts';
import { migrateStorageCommand } from './commands/migrate-storage.ts';
import { parkedCommand } from './commands/parked.ts';
import { replayCommand } from './commands/replay.ts';
import { resolveCommand } from './commands/resolve.ts';
import { retryCommand } from './commands/retry.ts';
import { serverCommand } from './commands/server.ts';
import { runCommand } from './commands/run.ts';
import { showCommand } from './commands/show.ts';
import { skipCommand } from './commands/skip.ts';
import { startCommand } from './commands/start.ts';
import { subscribersCommand } from './commands/subscribers.ts';
import { tasksCommand } from './commands/tasks.ts';
import { unregisterCommand } from './commands/unregister.ts';
import { validateCommand } from './commands/validate.ts';
import { workerCommand } from './commands/worker.ts';
import type { Cli, CliCommand } from './define-command.ts';
import { exitCodes } from './exit-codes.ts';
import { paintFor } from './format/paint.ts';

const groups: readonly (readonly [heading: string, commands: readonly CliCommand[]])[] = [
  ['Running tasks:', [runCommand, startCommand, workerCommand, serverCommand]],
  [
    'Looking:',
    [tasksCommand, showCommand, eventsCommand, catalogCommand, alertsCommand, subscribersCommand, parkedCommand],
  ],
  [
    'Stepping in:',
    [
      retryCommand,
      resolveCommand,
      skipCommand,
      cancelCommand,
      annotateCommand,
      replayCommand,
      unregisterCommand,
      backupCommand,
      migrateStorageCommand,
    ],
  ],
  ['Writing:', [generateCommand, validateCommand, configCommand]],
  ['Measuring:', [labCommand]],
];

const tour = `
A short tour:
  $ tasker generate task shop.order                 a task to begin with, and its test
  $ tasker validate order.yaml                      is the template right?
  $ tasker run shop.order --context '{"id": 7}'     run it and watch its steps
  $ tasker tasks --status error --since 1h          what failed in the last hour?
  $ tasker show TASK                                what happened in it, step by step
  $ tasker retry TASK --why 'payments are back'     go on where it failed
  $ tasker start                                    an engine that keeps running; the commands above talk to it

Every command: 'tasker help COMMAND' says when to use it and shows examples.
`;

/** Builds the whole command line. Nothing is printed and nothing exits except through `cli.io` and `cli.finish`. */
export function createProgram(cli: Cli): Command {
  const { io } = cli;
  const program = new Command('tasker')
    .description('Multi-step business workflows whose running explains itself.')
    .usage('<command> [options]')
    .version(ownVersion(), '-V', 'print the version (alone, --version does too)')
    .addOption(new Option('--json', 'print JSON on stdout, and errors as JSON on stderr'))
    .addOption(
      new Option('-c, --config <file>', 'configuration file (default: the nearest tasker.config.ts, .js or .mjs)'),
    )
    .helpOption('-h, --help', 'explain this command')
    .helpCommand('help [command]', 'explain a command, with examples')
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => paintFor(io.stdout, io)('bold', title) })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors are reported in one place, which knows of --json.
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? 100, 120),
      getErrHelpWidth: () => 100,
      getOutHasColors: () => io.stdout.isTTY,
    })
    .exitOverride()
    .addHelpText('after', () => `${tour}\n${formatExitCodes()}`);
  for (const [heading, commands] of groups) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, cli);
  }
  return program.commandsGroup('Help:');
}

function formatExitCodes(): string {
  const lines = Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `Exit codes:\n${lines.join('\n')}\n\nEnvironment:\n  TASKER_ENV    which environment's template overrides apply (default: development)\n  TASKER_DEBUG  print stack traces of errors\n  NO_COLOR      no colours`;
}

function ownVersion(): string {
  const own: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof own === 'object' && own !== null && 'version' in own ? String(own.version) : 'unknown';
}
