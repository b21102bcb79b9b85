import { CommanderError } from 'commander';

import { exitCodes, type ExitCode } from './exit-codes.ts';
import { processIo, type Io } from './io.ts';
import { createProgram } from './program.ts';
import { quietLoaderWarnings } from './quiet-warnings.ts';
import { reportError } from './report-error.ts';
import type { CreateTasker } from './session.ts';
import { UsageError } from './usage-error.ts';

/**
 * Runs one command line, without the names of node and script, and resolves with the exit code once its output is
 * written. Never exits by itself: the caller does, because a handler that never settles would keep the process alive.
 */
export async function main(
  argv: readonly string[],
  io?: Io,
  createTasker: CreateTasker = createWhenNeeded,
): Promise<number> {
  if (io === undefined) quietLoaderWarnings();
  const world = io ?? processIo();
  let code: ExitCode = exitCodes.ok.code;
  // Tasker's own timers never keep a process alive; a command that waits for an engine elsewhere must.
  const keptAlive = setInterval(() => undefined, 2 ** 30);
  try {
    const program = createProgram({ io: world, createTasker, finish: (finished) => (code = finished) });
    if (argv.length === 0) program.outputHelp();
    // As an option of the program it would be taken from `run --version 1.2.0`.
    else await program.parseAsync(argv[0] === '--version' ? ['-V'] : argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok.code;
    return reportError(error instanceof CommanderError ? usageError(error, argv) : error, world, wantsJson(argv));
  } finally {
    await Promise.all([world.stdout.flush(), world.stderr.flush()]);
    clearInterval(keptAlive);
  }
}

/** Loading the engine loads SQLite: help and `validate` do without. */
const createWhenNeeded: CreateTasker = async (config, surroundings) => {
  const { createTasker } = await import('../create-tasker.ts');
  return createTasker(config, surroundings);
};

function usageError(error: CommanderError, argv: readonly string[]): UsageError {
  if (error.code === 'commander.help') return new UsageError('expected a command', ["'tasker --help' lists them"]);
  const [message = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
  const command = error.code === 'commander.unknownCommand' ? '' : (argv.find((part) => !part.startsWith('-')) ?? '');
  return new UsageError(message, [
    ...hints.map((hint) => hint.replace(/^\((.*)\)$/, '$1').replace(/^D/, 'd')),
    `'tasker ${command === '' ? '--help' : `help ${command}`}' shows how`,
  ]);
}

// The arguments may be what is wrong, so that they cannot be parsed to find out how to say so.
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}
